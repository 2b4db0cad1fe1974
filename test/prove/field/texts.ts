/**
 * Every text field of the API, and every one of the tokens of a platform, times 200 hostile texts and more. Each is
 * answered with a success or a sentence, in time; what was taken comes back as it was, and what goes out (tables, MQTT,
 * InfluxDB, log) is well-formed. All the while a tenant unlocks and ends.
 */
import { join } from 'node:path'
import { apiFields, apiRoutes } from '../../field/attacks/api-fields.ts'
import { type OwnIssuer, startOwnIssuer } from '../../field/attacks/own-issuer.ts'
import { type Tap, tapBroker, tapInflux } from '../../field/attacks/taps.ts'
import { type HostileText, hostileTexts, shown } from '../../field/attacks/texts.ts'
import { writeProfile } from '../../field/attacks/trial-profile.ts'
import { figureOf, missed, watched } from '../../field/attacks/watch.ts'
import { jsonFault, tableFault, textsIn } from '../../field/attacks/well-formed.ts'
import { bytesOf, exchange, faultOf, type Wire, type WireAnswer } from '../../field/attacks/wire-client.ts'
import { startChild } from '../../support/child-server.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { DEVICE_URI, type OpcuaAsk } from '../../support/opcua-device.ts'
import { freePort } from '../../support/ports.ts'
import { inLanes, pause, type Scope } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'

const SITE = 'texts'
const DEADLINE_MS = 10_000
const LANES = 4
/** Of the bounded form: each field gets so many, and all texts have their turn. */
const QUICK_TEXTS = 7
/** Some hundred requests a second for minutes, a part of them kept in the ledger. */
const BOUNDS = { p99Ms: 1_000, growthMib: 400, entriesPerMinute: 20_000 }

/**
 * A snapshot of bookings takes the place of the one before, and is not shown in the answer; maintenance that is on is
 * not begun again; a drill is recorded once it is over; a statement has the pseudonym of its tenant.
 */
const NOT_KEPT = /^PUT \/v1\/bookings body|\/(maintenance|drill) body|^POST \/v1\/statements body/

type Signal = { readonly id: string; readonly quality: string; readonly value?: unknown }
const DEVICE_TEXTS = hostileTexts.flatMap(({ text }) => (text?.isWellFormed() ? [text] : []))

type Try = { readonly field: string; readonly text: HostileText; readonly isKept: boolean; wire(): Promise<Wire> }

export const texts: Item = {
  name: 'texts',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const issuer = await startOwnIssuer(`latchkey:${SITE}`, 'booth-1')
    scope.defer(issuer.close)
    const broker = await startMosquitto()
    scope.defer(broker.remove)
    const taps = { broker: await tapBroker(scope, broker.url), influx: await tapInflux(scope) }
    const device = await startDevice(scope)
    const plant = await startPlant(scope, {
      site: SITE,
      beside: device,
      machines: { 'spray-booth': 3 },
      issuers: [issuer.trust],
      mqtt: { url: broker.url, version: 5 },
      influx: { url: taps.influx.url, database: 'texts' },
      people: {
        technician: { role: 'technician', name: 'trial' },
        owner: { role: 'owner', name: 'trial', owner: 'huajian' },
      },
    })
    await plant.api.unlocked('booth-3', await plant.machine('booth-3').token())
    const tries = triesOf(plant, issuer, quick)
    const { did: taken, seen } = await watched(plant, { used: 'booth-2', held: 'booth-3' }, () =>
      tryAll(plant, tries, checks, say),
    )
    checks.check('some of them were taken', taken.size > (quick ? 5 : 100), taken.size)
    await isShown(plant, checks)
    await comesBack(plant, taken, checks)
    await goesOutWell(plant, taps, checks)
    for (const text of missed(seen, BOUNDS)) checks.check(text, false)
    const fields = apiFields.length + issuer.fields.length
    return checks.verdict(
      `${fields} fields × ${quick ? QUICK_TEXTS : hostileTexts.length} of ${hostileTexts.length} texts, ${taken.size} kept; ${taps.broker.count} messages, ${taps.influx.count} lines; ${figureOf(seen)}`,
    )
  },
}

/** A device that says every text that is one, each in a node of its own. */
async function startDevice(scope: Scope) {
  const server = await startChild<OpcuaAsk>('opcua-server.ts', await freePort(), [
    JSON.stringify({ pkiDir: join(scope.folder, 'pki') }),
  ])
  scope.defer(() => server.kill())
  await server.ask({
    kind: 'load',
    values: DEVICE_TEXTS.map((value, index) => ({ node: `Saw.Text${index}`, type: 'String', value })),
  })
  const address = (_: string, index: number) => [`text${index}`, { node: `Text${index}`, type: 'string' }] as const
  const power = { node: 'PowerW', type: 'f64' }
  writeProfile(scope, 'trial-texts', 'opcua', { power, ...Object.fromEntries(DEVICE_TEXTS.map(address)) })
  const endpoint = `opc.tcp://127.0.0.1:${server.port}`
  const talker = { profile: 'trial-texts', link: 'texts', root: `nsu=${DEVICE_URI};s=Saw` }
  return {
    links: { texts: { protocol: 'opcua', endpoint, security: 'None' } },
    machines: { talker: { name: { en: 'Talker' }, owner: 'huajian', devices: { a: talker }, state: 'a' } },
  }
}

/** What a device says is shown as it is, or as a reading that is bad. */
async function isShown({ api, key }: Plant, checks: Checks): Promise<void> {
  const path = '/machines/talker/signals'
  const { body } = await api.call<{ signals: Signal[] }>('GET', path, { token: key('technician') })
  const said = body.signals.filter(({ id }) => id.includes('.text'))
  const odd = said.filter(({ id, quality, value }) => {
    const text = DEVICE_TEXTS[Number(/\d+$/.exec(id)?.[0])]
    return quality === 'good' ? value !== text : value !== undefined
  })
  checks.check('what a device says is shown as it is', said.length === DEVICE_TEXTS.length && odd.length === 0, odd[0])
}

/** Tokens first: later the machine is in maintenance and blocked. */
function triesOf(plant: Plant, issuer: OwnIssuer, quick: boolean): Try[] {
  const textsFor = (index: number) =>
    quick
      ? Array.from(
          { length: QUICK_TEXTS },
          (_, each) => hostileTexts[(index * QUICK_TEXTS + each) % hostileTexts.length]!,
        )
      : hostileTexts
  const unlock = (token: string): Wire => ({
    method: 'POST',
    target: '/v1/machines/booth-1/unlock',
    headers: { authorization: `Bearer ${token}` },
    body: Buffer.from('{}'),
  })
  return [
    ...issuer.fields.flatMap(({ name, token }, index) =>
      textsFor(index).map((text) => ({ field: name, text, isKept: false, wire: async () => unlock(token(text)) })),
    ),
    ...apiFields.flatMap(({ name, roles, isKept, request }, index) =>
      textsFor(index).map((text) => ({
        ...{ field: name, text, isKept: isKept && !NOT_KEPT.test(name) },
        wire: async () => withCredential(request(text), await authorizationOf(plant, roles)),
      })),
    ),
  ]
}

const withCredential = (wire: Wire, authorization: string | undefined): Wire =>
  authorization === undefined ? wire : { ...wire, headers: { authorization, ...wire.headers } }

/** Of the first who may: a tenant's token would open only one machine. */
async function authorizationOf(plant: Plant, roles: readonly string[]): Promise<string | undefined> {
  const [role] = roles.filter((each) => each !== 'tenant')
  switch (role) {
    case undefined:
      return undefined
    case 'platform':
      return `Bearer ${await plant.platform.serviceToken()}`
    case 'auditor':
      return `Bearer ${plant.auditor}`
    default:
      return `Bearer ${plant.key(role)}`
  }
}

/** The texts that were kept, with the field that took them. */
async function tryAll({ api }: Plant, tries: readonly Try[], checks: Checks, say: (text: string) => void) {
  const port = Number(new URL(api.url).port)
  const taken = new Map<string, string>()
  let done = 0
  await inLanes(tries, LANES, async ({ field, text, isKept, wire }) => {
    const answer = await answered(port, await wire())
    const fault = faultOf(answer)
    checks.check(`${field} with ${shown(text)}`, fault === undefined, fault)
    if (isKept && answer.status < 300 && text.text !== undefined && !isEchoed(answer, text.text))
      taken.set(text.text, field)
    const { id } = answer.status === 200 && field.startsWith('token') ? JSON.parse(answer.body.toString()) : {}
    if (id !== undefined) await api.ended(id)
    if (++done % 2_000 === 0) say(`${done} of ${tries.length}`)
  })
  return taken
}

/** Shown in the answer just as it was sent; later puts of the same booking take its place. */
const isEchoed = ({ body }: WireAnswer, text: string) =>
  body.length > 0 && textsIn(JSON.parse(body.toString('utf8'))).includes(text)

/** Reads are shed while there is no time for them, and a machine has one command at a time: asked again. */
async function answered(port: number, wire: Wire): Promise<WireAnswer> {
  for (let tries = 0; ; tries += 1) {
    const answer = await exchange(port, bytesOf(wire), DEADLINE_MS)
    if (answer.status !== 503 || tries === 10) return answer
    await pause(100)
  }
}

/** What was taken is in the ledger, or among the bookings and blocks, just as it was. */
async function comesBack(plant: Plant, taken: ReadonlyMap<string, string>, checks: Checks): Promise<void> {
  const { api } = plant
  const token = await plant.platform.serviceToken()
  const lists = ['/bookings?limit=1000', '/machines/booth-1/blocks'].map((path) => api.call('GET', path, { token }))
  const usage = await api.call('GET', '/usage?limit=1000', { token: plant.auditor })
  const shownThere = new Set(
    textsIn([await api.entries(), usage.body, ...(await Promise.all(lists)).map(({ body }) => body)]),
  )
  const lost = [...taken].filter(([text]) => !shownThere.has(text)).map(([text, field]) => `${field}: ${text}`)
  checks.check('what was taken comes back as it was', lost.length === 0, lost.slice(0, 5))
}

async function goesOutWell(plant: Plant, taps: { broker: Tap; influx: Tap }, checks: Checks): Promise<void> {
  const { api, auditor } = plant
  const tables = ['sessions', 'meters', 'corrections'].map((table) => `/usage?format=csv&table=${table}`)
  for (const path of [...tables, '/meters/booth-2/plc.parts/readings?format=csv'])
    for (const [name, separator] of [
      ['comma', ','],
      ['semicolon', ';'],
    ] as const) {
      const { status, body } = await api.call<string>('GET', `${path}&separator=${name}`, { token: auditor })
      checks.check(
        `${path}: a table with ${name}`,
        status === 200 && tableFault(body, separator) === undefined,
        tableFault(body, separator),
      )
    }
  checks.check(
    'the broker got messages, all well-formed',
    taps.broker.count > 0 && taps.broker.faults.length === 0,
    taps.broker.faults,
  )
  checks.check(
    'InfluxDB got lines, all well-formed',
    taps.influx.count > 0 && taps.influx.faults.length === 0,
    taps.influx.faults,
  )
  const lines = plant.gateway.output().split('\n').slice(1, -1)
  const odd = lines.map(jsonFault).filter((fault) => fault !== undefined)
  checks.check('each line of the log is JSON of plain text', lines.length > 0 && odd.length === 0, odd.slice(0, 5))
  checks.check('every route was tried', apiRoutes.length >= 40, apiRoutes.length)
}
