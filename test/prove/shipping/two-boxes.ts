/**
 * A pair in network namespaces: two boxes of one site, each with a line to the machines and one to the other box, which
 * can be cut like a cable. The machines, the platform and the callers are outside. Read next: pair.ts (what is asked).
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { addKey } from '../../../gateway/cli/keys.ts'
import { startLatchkey } from '../../support/gateway.ts'
import { type Api, createApi } from '../../support/gateway-api.ts'
import { type SiteMachine, siteText } from '../../support/gateway-site.ts'
import { freePort } from '../../support/ports.ts'
import type { TestProcess } from '../../support/process.ts'
import type { Scope } from '../../support/proof.ts'
import { type Platform, startMachine, startPlatform } from '../../support/simulators.ts'

export type Box = {
  readonly name: 'a' | 'b'
  readonly api: Api
  readonly dataDir: string
  readonly sitePath: string
  /** Also while it runs: then it is another life. `env`: in place of what both boxes know, or beside it. */
  start(env?: Readonly<Record<string, string>>): void
  /** As its supervisor would; resolves when it has ended. */
  stop(): Promise<void>
  ended(): Promise<unknown>
  kill(): Promise<void>
  freeze(): Promise<void>
  thaw(): void
  /** Of its line to the machines and to its callers. */
  cut(): void
  heal(): void
  /** Its wall clock is that far off from now on. */
  setClock(skewMs: number): void
  /** Whether its process runs. */
  runs(): boolean
  output(): string
}

export type TwoBoxes = {
  readonly boxes: readonly [Box, Box]
  readonly machines: readonly SiteMachine[]
  readonly platform: Platform
  /** The key of a technician. */
  readonly technician: string
  /** Runs a command in the place of a box. */
  wrapOf(box: Box): readonly string[]
  /** Where a box listens to the other one. */
  linkOf(box: Box): { readonly host: string; readonly port: number }
  /** The line between the two. */
  cutBetween(): void
  healBetween(): void
}

const SITE = 'pair'
const SKEW = new URL('../../field/skewed-clock.ts', import.meta.url).href
const BOOTHS = 2
const LINK_PORT = 7900

const ip = (...args: string[]) => void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })

/** `number`: of this pair, where several are tried side by side. */
export async function startTwoBoxes(scope: Scope, number: number): Promise<TwoBoxes> {
  const net = layCables(scope, number)
  const port = await freePort()
  const platform = await startPlatform(scope, `latchkey:${SITE}`, `http://${net.outside}:${port}`)
  const jwks = await (await fetch(platform.jwks)).text()
  const program = { file: join(import.meta.dirname, '../../../simulators/spray-booth.ts'), args: ['--host', '0.0.0.0'] }
  const machines = await Promise.all(
    Array.from({ length: BOOTHS }, async (_, index): Promise<SiteMachine> => {
      const id = `booth-${index + 1}`
      const simulator = await startMachine(scope, 'spray-booth', { name: id, cycleMs: 250, autoStart: true, program })
      return { id, simulator }
    }),
  )
  const text = siteOf(net, port, platform, machines)
  const people = join(scope.folder, 'people')
  const key = await addKey(people, { role: 'auditor', name: 'trial' }, [], Date.now())
  const technician = await addKey(people, { role: 'technician', name: 'Wang' }, [], Date.now())
  const boxOf = (name: 'a' | 'b', namespace: string, host: string, line: string) => {
    const folder = join(scope.folder, name)
    mkdirSync(join(folder, 'data'), { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, 'jwks.json'), jwks)
    writeFileSync(join(folder, 'site.yaml'), text)
    if (name === 'a') copyFileSync(join(people, 'keys.json'), join(folder, 'data', 'keys.json'))
    const api = createApi(`http://${host}:${port}`, { platform: platform.serviceToken, auditor: key.text })
    return createBox(scope, { name, folder, namespace, line, api })
  }
  return {
    boxes: [boxOf('a', net.names.a, net.hosts.a, net.lines.a), boxOf('b', net.names.b, net.hosts.b, net.lines.b)],
    machines,
    platform,
    technician: technician.text,
    wrapOf: ({ name }) => ['ip', 'netns', 'exec', net.names[name]],
    linkOf: ({ name }) => ({ host: net.pair[name], port: LINK_PORT }),
    cutBetween: () => ip('-n', net.names.b, 'link', 'set', net.between, 'down'),
    healBetween: () => ip('-n', net.names.b, 'link', 'set', net.between, 'up'),
  }
}

type Net = ReturnType<typeof layCables>

/** Outside is one address that both boxes reach, each by its own line. */
function layCables(scope: Scope, number: number) {
  const id = `${process.pid % 10_000}${number}`
  const ten = `10.${64 + ((process.pid + number) % 128)}`
  const names = { a: `lk${id}-a`, b: `lk${id}-b` }
  const lines = { a: `lk${id}la`, b: `lk${id}lb` }
  const [between, other] = [`lk${id}pb`, `lk${id}pa`]
  const outside = `${ten}.0.1`
  ip('link', 'add', `lk${id}o`, 'type', 'bridge')
  scope.defer(() => ip('link', 'del', `lk${id}o`))
  ip('addr', 'add', `${outside}/32`, 'dev', `lk${id}o`)
  ip('link', 'set', `lk${id}o`, 'up')
  for (const [index, box] of (['a', 'b'] as const).entries()) {
    const subnet = `${ten}.${index + 1}`
    ip('netns', 'add', names[box])
    scope.defer(() => ip('netns', 'del', names[box]))
    ip('link', 'add', lines[box], 'type', 'veth', 'peer', 'name', 'out', 'netns', names[box])
    ip('addr', 'add', `${subnet}.1/30`, 'dev', lines[box])
    ip('link', 'set', lines[box], 'up')
    ip('-n', names[box], 'addr', 'add', `${subnet}.2/30`, 'dev', 'out')
    for (const each of ['lo', 'out']) ip('-n', names[box], 'link', 'set', each, 'up')
    ip('-n', names[box], 'route', 'add', 'default', 'via', `${subnet}.1`)
  }
  ip('-n', names.a, 'link', 'add', other, 'type', 'veth', 'peer', 'name', between, 'netns', names.b)
  ip('-n', names.a, 'addr', 'add', `${ten}.3.1/30`, 'dev', other)
  ip('-n', names.b, 'addr', 'add', `${ten}.3.2/30`, 'dev', between)
  ip('-n', names.a, 'link', 'set', other, 'up')
  ip('-n', names.b, 'link', 'set', between, 'up')
  const hosts = { a: `${ten}.1.2`, b: `${ten}.2.2` }
  return { names, lines, hosts, outside, between, pair: { a: `${ten}.3.1`, b: `${ten}.3.2` } }
}

/** The same text on both boxes. */
function siteOf(
  { outside, pair, hosts }: Net,
  port: number,
  platform: Platform,
  machines: readonly SiteMachine[],
): string {
  const options = { site: SITE, dataDir: './data', port, platform, machines, bounds: { reconnectMax: '1s' } }
  const site = parse(siteText(options).replaceAll('host: 127.0.0.1', `host: ${outside}`)) as Record<string, object>
  const { issuer, audience } = platform
  return stringify({
    ...site,
    api: { ...site.api, listen: `0.0.0.0:${port}`, plaintext: 'accepted' },
    trust: { issuers: [{ issuer, audience, jwks: 'jwks.json' }] },
    pair: {
      boxes: { a: `${pair.a}:${LINK_PORT}`, b: `${pair.b}:${LINK_PORT}` },
      api: { a: `http://${hosts.a}:${port}`, b: `http://${hosts.b}:${port}` },
      key: '$' + '{env:LATCHKEY_PAIR_KEY}',
    },
  })
}

type Place = {
  readonly name: 'a' | 'b'
  readonly folder: string
  readonly namespace: string
  readonly line: string
  readonly api: Api
}

function createBox(scope: Scope, { name, folder, namespace, line, api }: Place): Box {
  const skew = join(folder, 'skew')
  writeFileSync(skew, '0')
  let running: TestProcess | undefined
  let isOver = true
  let before = ''
  scope.defer(() => running?.kill())
  const shared = { LATCHKEY_PAIR_KEY: 'k'.repeat(40), LATCHKEY_SKEW: skew, NODE_OPTIONS: `--import=${SKEW}` }
  return {
    name,
    api,
    dataDir: join(folder, 'data'),
    sitePath: join(folder, 'site.yaml'),
    start(more = {}) {
      const env = ['env', ...Object.entries({ ...shared, ...more }).map(([name, value]) => `${name}=${value}`)]
      before = `${before}${running?.output() ?? ''}`.slice(-200_000)
      const life = startLatchkey(['run', join(folder, 'site.yaml')], {
        wrap: ['ip', 'netns', 'exec', namespace, ...env],
      })
      running = life
      isOver = false
      void life.exited.then(() => {
        if (running === life) isOver = true
      })
    },
    kill: async () => running?.kill(),
    stop: async () => running?.kill('SIGTERM'),
    ended: async () => running?.exited,
    freeze: async () => running?.freeze(),
    thaw: () => running?.thaw(),
    cut: () => ip('link', 'set', line, 'down'),
    heal: () => ip('link', 'set', line, 'up'),
    setClock: (skewMs) => writeFileSync(skew, String(skewMs)),
    runs: () => !isOver,
    output: () => `${before}${running?.output() ?? ''}`,
  }
}
