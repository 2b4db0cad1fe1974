/**
 * A fleet of gateways as the rest of the world sees it: their traffic over MQTT, their answers over HTTP, and the truth
 * about their machines, against which the answers of a stranger are judged. `node simulators/fleet.ts --help`.
 * Read next: fleet/site.ts (a gateway), fleet/history.ts (how it is judged).
 */
import { openHttpFace, type Routes, refuse } from './faces/http-face.ts'
import { type Chance, createChance } from './fleet/chance.ts'
import { type Asked, mayName, mustName } from './fleet/history.ts'
import { startLives } from './fleet/lives.ts'
import { calendarBody, machinesBody } from './fleet/payloads.ts'
import { newSite, type Paces, type Place, type Site } from './fleet/site.ts'
import type { Counts } from './fleet/wire.ts'
import { type Closable, newProgram, parseCount, parseMs, parseMsOrNone, parsePort, runProgram } from './program.ts'

const name = 'fleet'
const KINDS = ['edge-bander', 'panel-saw', 'spray-booth', 'cnc-router', 'laser']
/** Sites stand round cities of the world, up to this far, degrees. */
const CITIES = [
  [48.14, 11.58],
  [52.52, 13.4],
  [45.46, 9.19],
  [23.02, 113.12],
  [31.23, 121.47],
  [22.54, 114.06],
  [-33.87, 151.21],
  [64.15, -21.94],
] as const
const SPREAD = 0.3
/** One in so many has a wrong clock, by up to this. */
const SKEWED = 10
const MOST_SKEW_MS = 600_000
const EARTH_M = 6_378_168

type Options = {
  host: string
  port: number
  broker: string
  mqtt: '4' | '5'
  gateways: number
  machines: number
  seed: number
  heartbeat: number
  repeat: number
  change: number
  plan: number
  life: number
  eventsOnly?: true
}

const command = newProgram(name, 'Many gateways with their machines, and the truth about them.')
  .requiredOption('--broker <url>', 'MQTT broker, e.g. mqtt://127.0.0.1:1883')
  .option('--mqtt <version>', '5, or 4 for MQTT 3.1.1', '5')
  .option('--port <port>', 'HTTP port: /{site}/v1/… of each gateway, and /truth; 0 takes a free one', parsePort, 0)
  .option('--gateways <count>', 'how many', parseCount, 10)
  .option('--machines <count>', 'of each', parseCount, 10)
  .option('--seed <number>', 'the same lives again', parseCount, 1)
  .option('--heartbeat <ms>', 'of each gateway', parseMs, 5_000)
  .option('--repeat <ms>', 'of the availability of each machine', parseMs, 60_000)
  .option('--change <ms>', 'mean time between two states of a machine', parseMs, 120_000)
  .option('--plan <ms>', 'mean time between two changes of its plan', parseMs, 600_000)
  .option('--life <ms>', 'mean time that a gateway is there; 0: for ever', parseMsOrNone, 200_000)
  .option('--events-only', 'nothing that is retained')
  .action((options: Options) => runProgram(name, (opened) => start(options, opened)))

async function start(options: Options, opened: Closable[]): Promise<Record<string, unknown>> {
  const { host, port, broker: url, mqtt, life: lifeMs, eventsOnly = false } = options
  const paces: Paces = {
    heartbeatMs: options.heartbeat,
    repeatMs: options.repeat,
    changeMs: options.change,
    planMs: options.plan,
  }
  const chance = createChance(options.seed)
  const sites = Array.from({ length: options.gateways }, (_, index) =>
    newSite(`site-${index}`, placesOf(chance, options.machines), skewOf(chance), chance, paces, Date.now()),
  )
  const counts: Counts = { sent: 0, taken: 0, bytes: 0, connects: 0 }
  const version = mqtt === '4' ? 4 : 5
  opened.push(startLives(sites, { url, version, paces, lifeMs, eventsOnly }, chance, counts))
  const face = await openHttpFace(host, port, { ...gatewayRoutes(sites), ...judgeRoutes(sites, counts) })
  opened.push(face)
  return { host, port: face.port, url: face.url, sites: sites.map((site) => site.name) }
}

function placesOf(chance: Chance, machines: number): Place[] {
  const [latitude, longitude] = CITIES[chance.below(CITIES.length)]!
  const off = () => (chance.below(2_000_001) / 1e6 - 1) * SPREAD
  const site = { latitude: latitude + off(), longitude: longitude + off() }
  return Array.from({ length: machines }, () => ({ kind: KINDS[chance.below(KINDS.length)]!, ...site }))
}

const skewOf = (chance: Chance) => (chance.below(SKEWED) === 0 ? chance.below(2 * MOST_SKEW_MS) - MOST_SKEW_MS : 0)

/** The API of each gateway; one that is away does not answer as itself. */
function gatewayRoutes(sites: readonly Site[]): Routes {
  const byName = new Map(sites.map((site) => [site.name, site]))
  const there = (site = '') => {
    const found = byName.get(site)
    return found?.presence === 'there' ? found : undefined
  }
  return {
    'GET /:site/v1/machines': (_body, [name]) => {
      const site = there(name)
      if (site === undefined) return refuse(503, 'there is nobody')
      const machines = site.machines.map(({ machine }) => machine)
      return { status: 200, body: machinesBody(machines, Date.now() + site.skewMs) }
    },
    'GET /:site/v1/machines/:id/calendar': (_body, [name, id]) => {
      const site = there(name)
      const known = site?.machines.find(({ machine }) => machine.id === id)
      if (site === undefined || known === undefined) return refuse(503, 'there is nobody')
      return { status: 200, body: calendarBody(known.machine, Date.now() + site.skewMs) }
    },
  }
}

function judgeRoutes(sites: readonly Site[], counts: Counts): Routes {
  return {
    'GET /counts': () => ({
      status: 200,
      body: { ...counts, there: sites.filter(({ presence }) => presence === 'there').length },
    }),
    'GET /truth': (_body, _parts, _headers, query) => {
      const number = (field: string) => Number(query.get(field))
      const asked: Asked = {
        ...{ sinceMs: number('since'), untilMs: number('until'), lastMs: number('minutes') * 60_000 },
        ...{ delayMs: number('delay'), silenceMs: number('silence') },
        ...(query.has('from') && { fromMs: Date.parse(query.get('from')!) }),
      }
      const near = (query.get('near') ?? '').split(',').map(Number) as [number, number]
      const [kind, within] = [query.get('kind'), number('within')]
      // The machines of a site stand together.
      const around = sites.filter(({ machines: [first] }) => first && metres(first.machine, near) <= within)
      const found = around.flatMap((site) =>
        site.machines
          .filter(({ machine }) => machine.kind === kind)
          .map(({ machine, history }) => ({ key: `${site.name}/${machine.id}`, history, gateway: site.history })),
      )
      const keys = (judge: typeof mustName) =>
        found.filter(({ history, gateway }) => judge(history, gateway, asked)).map(({ key }) => key)
      return { status: 200, body: { must: keys(mustName), may: keys(mayName) } }
    },
  }
}

/** On a sphere, by the haversine. */
function metres({ latitude, longitude }: Place, [north, east]: readonly [number, number]): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180
  const half = (degrees: number) => Math.sin(radians(degrees) / 2) ** 2
  const part = half(latitude - north) + Math.cos(radians(latitude)) * Math.cos(radians(north)) * half(longitude - east)
  return 2 * EARTH_M * Math.asin(Math.sqrt(part))
}

await command.parseAsync()
