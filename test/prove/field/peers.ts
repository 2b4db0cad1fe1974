/**
 * Every outside peer means harm at once: Modbus devices, an OPC UA server, the broker, InfluxDB, issuers of keys,
 * callers of the API, and the gateway that a mirror copies. Each shows at least 60 behaviours, structured frames
 * included. All the while a tenant unlocks and ends, and the process goes on.
 */
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { join } from 'node:path'
import { mirrorCommand } from '../../../gateway/cli/mirror.ts'
import { brokerBehaviours } from '../../field/attacks/broker-behaviours.ts'
import { type ClientBehaviour, clientBehaviours } from '../../field/attacks/client-behaviours.ts'
import { type Behaviour, type Parade, startHostile, startParade } from '../../field/attacks/hostile.ts'
import { influxBehaviours } from '../../field/attacks/influx-behaviours.ts'
import { issuerBehaviours } from '../../field/attacks/issuer-behaviours.ts'
import { mirrorBehaviours } from '../../field/attacks/mirror-behaviours.ts'
import { modbusBehaviours } from '../../field/attacks/modbus-behaviours.ts'
import { opcuaBehaviours } from '../../field/attacks/opcua-behaviours.ts'
import { writeProfile } from '../../field/attacks/trial-profile.ts'
import { figureOf, missed, watched } from '../../field/attacks/watch.ts'
import { textFault } from '../../field/attacks/well-formed.ts'
import { startChild } from '../../support/child-server.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { DEVICE_URI, type OpcuaAsk } from '../../support/opcua-device.ts'
import { freePort } from '../../support/ports.ts'
import { nowMs, pause, type Scope } from '../../support/proof.ts'
import { type Checks, createChecks, type Item, type Run } from '../item.ts'

/** How long one that connects meets a behaviour; all have been met long before the end. */
const HELD_MS = 1_500
const MOST_MS = 600_000
const QUICK_MS = 8_000
/** Links to devices of one protocol: each shows the behaviours in turn. */
const LINKS = 8
const ISSUERS = 15
const CALLER_DEADLINE_MS = 20_000
const MIRROR_DEADLINE_MS = 30_000
const QUICK_MIRRORS = 6
const LEAST_BEHAVIOURS = 60
/** Of a log that nobody here has. */
const VKEY = vkeyOf('trial/log', Buffer.alloc(32, 7))
const BOUNDS = { p99Ms: 1_000, growthMib: 300, entriesPerMinute: 400 }

export const peers: Item = {
  name: 'peers',
  async run(run) {
    const { quick, scope, say } = run
    const checks = createChecks(say)
    const lines: string[] = []
    for (const version of quick ? ([5] as const) : ([4, 5] as const)) {
      const { plant, parades } = await startAll(scope, version)
      const { did, seen } = await watched(plant, { used: 'booth-2', held: 'booth-3' }, () =>
        attack(plant, parades, checks, run),
      )
      for (const text of missed(seen, BOUNDS)) checks.check(text, false)
      lines.push(`${did}; ${figureOf(seen)}`)
      await plant.gateway.stop()
    }
    return checks.verdict(lines.join(' | '))
  },
}

type Parades = Readonly<Record<'modbus' | 'opcua' | 'broker' | 'influx' | 'issuer', Parade>>

async function startAll(scope: Scope, version: 4 | 5): Promise<{ plant: Plant; parades: Parades }> {
  const server = await startChild<OpcuaAsk>('opcua-server.ts', await freePort(), [
    JSON.stringify({ pkiDir: join(scope.folder, `pki-${version}`) }),
  ])
  scope.defer(() => server.kill())
  await server.ask({ kind: 'load', values: [{ node: 'Saw.PowerW', type: 'Double', value: 12.5 }] })
  const parade = async (behaviours: Readonly<Record<string, Behaviour>>, doors = 1) => {
    const started = await startParade(behaviours, HELD_MS, doors)
    scope.defer(() => started.close())
    return started
  }
  const parades = {
    modbus: await parade(modbusBehaviours, LINKS),
    opcua: await parade(opcuaBehaviours(server.port), LINKS),
    broker: await parade(brokerBehaviours(version)),
    influx: await parade(influxBehaviours),
    issuer: await parade(issuerBehaviours),
  }
  const plant = await startPlant(scope, {
    site: `peers-${version}`,
    machines: { 'spray-booth': 3 },
    mqtt: { url: `mqtt://127.0.0.1:${parades.broker.ports[0]}`, version, ackTimeout: '500ms' },
    influx: { url: `http://127.0.0.1:${parades.influx.ports[0]}`, database: 'trial', timeout: '500ms' },
    issuers: Array.from({ length: ISSUERS }, (_, index) => ({
      ...{ issuer: issuerOf(index), audience: `latchkey:peers-${version}` },
      jwks: `http://127.0.0.1:${parades.issuer.ports[0]}/${index}`,
    })),
    bounds: { reconnectMax: '1s' },
    beside: sickLinks(scope, parades),
  })
  await plant.api.unlocked('booth-3', await plant.machine('booth-3').token())
  return { plant, parades }
}

const issuerOf = (index: number) => `urn:trial:issuer-${index}`

/** Links whose devices lie, each with a machine. */
function sickLinks(scope: Scope, { modbus, opcua }: Parades) {
  writeProfile(scope, 'trial-modbus', 'modbus', {
    power: { table: 'holding', address: 0, type: 'u16' },
    energy: { table: 'holding', address: 40, type: 'u64' },
  })
  writeProfile(scope, 'trial-opcua', 'opcua', { power: { node: 'PowerW', type: 'f64' } })
  const machine = (device: object) => ({ name: { en: 'sick' }, owner: 'huajian', devices: { a: device }, state: 'a' })
  const root = `nsu=${DEVICE_URI};s=Saw`
  return {
    links: {
      ...named('tcp', modbus, (port) => ({
        ...{ protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port },
        timeoutMs: 300,
      })),
      ...named('opc', opcua, (port) => ({
        ...{ protocol: 'opcua', endpoint: `opc.tcp://127.0.0.1:${port}`, security: 'None' },
        timeoutMs: 500,
      })),
    },
    machines: {
      ...named('m', modbus, (_, index) => machine({ profile: 'trial-modbus', link: `tcp-${index}`, unit: 1 })),
      ...named('o', opcua, (_, index) => machine({ profile: 'trial-opcua', link: `opc-${index}`, root })),
    },
  }
}

const named = (name: string, { ports }: Parade, make: (port: number, index: number) => object) =>
  Object.fromEntries(ports.map((port, index) => [`${name}-${index}`, make(port, index)]))

/** Until each peer has shown all it can do; in the bounded form for some seconds. */
async function attack(plant: Plant, parades: Parades, checks: Checks, { quick, say }: Run): Promise<string> {
  const endMs = nowMs() + (quick ? QUICK_MS : MOST_MS)
  const sizes = {
    ...{ modbus: modbusBehaviours, opcua: opcuaBehaviours(0), broker: brokerBehaviours(5), influx: influxBehaviours },
    ...{ issuer: issuerBehaviours, callers: clientBehaviours, mirror: mirrorBehaviours },
  }
  const count = (name: keyof typeof sizes) => Object.keys(sizes[name]).length
  for (const name of Object.keys(sizes) as (keyof typeof sizes)[])
    checks.check(`${name} has ${LEAST_BEHAVIOURS} behaviours`, count(name) >= LEAST_BEHAVIOURS, count(name))
  const unmet = () => Object.entries(parades).filter(([name, { met }]) => met.size < count(name as keyof Parades))
  const asking = askForKeys(plant, () => nowMs() >= endMs || (!quick && unmet().length === 0), checks)
  const [callers, mirrors] = await Promise.all([callAll(plant, checks, quick), mirrorAll(plant, checks, quick)])
  say(`${callers} callers, ${mirrors} mirrors`)
  for (let told = 0; nowMs() < endMs && (quick || unmet().length > 0); await pause(500)) {
    const waiting = unmet().map(([name, { met }]) => `${name} ${met.size}`)
    if (nowMs() - told > 15_000) say(`shown so far: ${waiting.join(', ')}`)
    if (nowMs() - told > 15_000) told = nowMs()
  }
  await asking
  if (!quick)
    checks.check(
      'every behaviour was met',
      unmet().length === 0,
      unmet().map(([name, { met }]) => [name, met.size]),
    )
  const met = Object.entries(parades).map(([name, parade]) => `${name} ${parade.met.size}`)
  return `${[...met, `callers ${callers}`, `mirror ${mirrors}`].join(', ')} behaviours`
}

/** A token that nobody signed makes the gateway ask its issuer for keys. */
async function askForKeys({ api }: Plant, isOver: () => boolean, checks: Checks): Promise<void> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  while (!isOver()) {
    const asked = Array.from({ length: ISSUERS }, async (_, index) => {
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: issuerOf(index), aud: 'a', sub: 'a', iat: now, exp: now + 60 }
      const token = `${part({ alg: 'EdDSA', typ: 'latchkey-service+jwt' })}.${part(claims)}.${part({ a: 1 })}`
      const { status, body } = await api.call('GET', '/machines', { token })
      checks.check('a token is refused, whatever its issuer answers', [401, 503, 429].includes(status), body)
    })
    await Promise.all([...asked, pause(2_200)])
  }
}

/** Each ends with an answer that is no failure of ours, or without one when it never asked for anything. */
async function callAll({ api }: Plant, checks: Checks, quick: boolean): Promise<number> {
  const port = Number(new URL(api.url).port)
  const all = Object.entries(clientBehaviours)
  await Promise.all(
    all.map(async ([name, behave]) => {
      const said = await callOnce(port, behave, quick ? QUICK_MS / 2 : CALLER_DEADLINE_MS)
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(said)?.[1] ?? 0)
      checks.check(`a caller that sends ${name} is not answered with a failure`, status < 500, said.slice(0, 300))
    }),
  )
  return all.length
}

function callOnce(port: number, behave: ClientBehaviour, deadlineMs: number): Promise<string> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(port, '127.0.0.1', () => behave(socket))
    const timer = setTimeout(() => socket.destroy(), deadlineMs)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      said = `${said}${bytes.toString('latin1')}`.slice(0, 4_096)
    })
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(said)
    })
  })
}

/** Each ends with 1 and a sentence, and keeps nothing of what it was given. */
async function mirrorAll({ dataDir }: Plant, checks: Checks, quick: boolean): Promise<number> {
  const all = Object.entries(mirrorBehaviours).filter(
    (_, index, list) => !quick || index % Math.ceil(list.length / QUICK_MIRRORS) === 0,
  )
  await Promise.all(
    all.map(async ([name, behaviour], index) => {
      const peer = await startHostile(behaviour)
      const startMs = nowMs()
      let said = ''
      const io = { stdout: { write: () => true }, stderr: { write: (text: string) => (said += text) } }
      const options = { key: [VKEY], json: false }
      const code = await mirrorCommand(
        `http://127.0.0.1:${peer.port}`,
        join(dataDir, 'mirrors', String(index)),
        options,
        io,
      )
      const fault =
        code !== 1 || said.length < 10 || textFault(said.trimEnd()) || nowMs() - startMs > MIRROR_DEADLINE_MS
      checks.check(`a mirror of a gateway that ${name} ends with a sentence`, !fault, { code, said, fault })
      peer.close()
    }),
  )
  return all.length
}

/** The verifier key of an Ed25519 key (C2SP signed-note). */
function vkeyOf(name: string, publicKey: Buffer): string {
  const key = Buffer.concat([Buffer.from([1]), publicKey])
  const id = createHash('sha256').update(`${name}\n`).update(key).digest('hex').slice(0, 8)
  return `${name}+${id}+${key.toString('base64')}`
}
