/**
 * An OPC UA server is killed and started again, over and over, while its counter goes on and two hundred values change:
 * data are back soon after it is up, no unit is lost, and no session is left behind on it.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ChildServer, startChild } from '../../support/child-server.ts'
import { startPlant } from '../../support/gateway-plant.ts'
import { DEVICE_URI, type OpcuaAsk, type OpcuaValue } from '../../support/opcua-device.ts'
import { freePort } from '../../support/ports.ts'
import { found, nowMs, pause, randomBetween, type Scope } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'

const KILLS = 50
const QUICK_KILLS = 2
const BACK_WITHIN_MS = 10_000
/** Every so often it is away for longer than the longest wait between two tries. */
const LONG_EVERY = 10
const LONG_MS = 35_000
/** Longer than that is a failure of the trial, not a figure. */
const PATIENCE_MS = 60_000
const VALUES = 200
const LOAD_EVERY_MS = 100
const METER = 'press-1/plc.parts'
const PROFILE = 'trial-opcua-press'

export const opcuaKilled: Item = {
  name: 'opcua-killed',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const press = await startPress(scope)
    const plant = await startPlant(scope, { site: 'opcua-killed', machines: {}, beside: besideOf(scope, press.port) })
    /** Until the meter has seen what the counter showed now. */
    const caughtUp = async () => {
      const fromMs = nowMs()
      const least = press.counter()
      const read = async () => {
        const { raw } = await plant.api.meter(METER)
        return Number(raw ?? 0) >= least || undefined
      }
      await found(read, PATIENCE_MS, () => `the meter stays behind ${least}: ${plant.gateway.output().slice(-800)}`)
      return nowMs() - fromMs
    }
    await caughtUp()
    const first = await plant.api.meter(METER)
    const backMs: number[] = []
    let sessions = 0
    for (let kill = 1; kill <= (quick ? QUICK_KILLS : KILLS); kill += 1) {
      await pause(randomBetween(200, 2_000))
      await press.kill()
      await pause(kill % LONG_EVERY === 0 ? LONG_MS : randomBetween(0, 3_000))
      await press.start()
      backMs.push(await caughtUp())
      sessions = Math.max(sessions, (await press.ask({ kind: 'session-count' })) as number)
      say(`kill ${kill}: data again after ${backMs.at(-1)} ms`)
    }
    await press.halt()
    await caughtUp()
    const last = await plant.api.meter(METER)
    const lost = Number(last.raw) - Number(first.raw) - (Number(last.total) - Number(first.total))
    const worst = Math.max(...backMs)
    checks.check(`data again within ${BACK_WITHIN_MS} ms`, worst <= BACK_WITHIN_MS, backMs)
    checks.check('no unit is lost, and none is made up', lost === 0 && last.conserved, [first, last])
    checks.check('one session at a time', sessions === 1, sessions)
    await plant.gateway.stop()
    const left = await press.ask({ kind: 'session-count' })
    checks.check('no session is left', left === 0, left)
    return checks.verdict(
      `${backMs.length} kills, data again after ${worst} ms at most, ${lost} of ${Number(last.total)} units lost`,
    )
  },
}

/** A press whose counter goes on while nobody can read it, as that of a PLC does. */
async function startPress(scope: Scope) {
  const port = await freePort()
  const options = JSON.stringify({ pkiDir: join(scope.folder, 'press-pki') })
  const startedMs = nowMs()
  let haltedAt: number | undefined
  let server: ChildServer<OpcuaAsk> | undefined
  const counter = () => haltedAt ?? Math.floor((nowMs() - startedMs) / LOAD_EVERY_MS)
  const values = (): OpcuaValue[] => [
    { node: 'Press.PowerW', type: 'Double', value: 900 },
    { node: 'Press.Parts', type: 'UInt32', value: counter() },
    ...Array.from({ length: VALUES }, (_, index) => ({
      node: `Press.V${index}`,
      type: 'Double',
      value: Math.random(),
    })),
  ]
  const load = () => server?.ask({ kind: 'load', values: values() }).catch(() => undefined)
  const start = async () => {
    const started = await startChild<OpcuaAsk>('opcua-server.ts', port, [options])
    server = started
    await started.ask({ kind: 'load', values: values() })
  }
  const kill = async () => {
    const running = server
    server = undefined
    await running?.kill()
  }
  const timer = setInterval(load, LOAD_EVERY_MS)
  scope.defer(() => clearInterval(timer))
  scope.defer(kill)
  await start()
  return {
    port,
    start,
    kill,
    counter,
    ask: (ask: OpcuaAsk) => server!.ask(ask),
    async halt() {
      haltedAt = counter()
      await load()
    },
  }
}

function besideOf({ folder }: Scope, port: number) {
  mkdirSync(join(folder, 'profiles'), { recursive: true })
  const shown = Array.from({ length: VALUES }, (_, index) => [
    `v${index}`,
    { address: { node: `V${index}`, type: 'f64' } },
  ])
  const profile = {
    ...{ profile: PROFILE, maker: 'Trial', model: 'press', source: { document: 'none', page: 'none' } },
    ...{ protocol: 'opcua', rung: 'reads' },
    signals: {
      power: { address: { node: 'PowerW', type: 'f64' }, unit: 'W', poll: '500ms' },
      parts: { address: { node: 'Parts', type: 'u32' }, unit: 'pcs', poll: '500ms' },
      ...Object.fromEntries(shown),
    },
    state: { kind: 'threshold', signal: 'power', above: 2, below: 1, on: 'Executing', off: 'NotExecuting' },
    meters: {
      parts: { kind: 'register', signal: 'parts', unit: 'pcs', wrapAt: '4294967296', resets: 'never', maxRate: '100' },
    },
  }
  writeFileSync(join(folder, 'profiles', `${PROFILE}.yaml`), JSON.stringify(profile))
  const device = { profile: PROFILE, link: 'press', root: `nsu=${DEVICE_URI};s=Press` }
  return {
    links: { press: { protocol: 'opcua', endpoint: `opc.tcp://127.0.0.1:${port}`, security: 'None' } },
    machines: { 'press-1': { name: { en: 'press' }, owner: 'huajian', devices: { plc: device }, state: 'plc' } },
  }
}
