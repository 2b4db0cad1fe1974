/**
 * The whole way over both protocols. `latchkey drill --conformance` holds each simulator against the rules of its
 * interlock, with no gateway; the rules table is asked of the simulator's rules and of the reference program; and a
 * machine a protocol is used through a gateway that stands still for longer than the lease. The machine's judge counts.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DrillReport } from '../../../gateway/core/drill/drill.ts'
import { permissionOf } from '../../../simulators/machine/lease-state.ts'
import { executedProgram, simulatedRules } from '../../plc/plc-under-test.ts'
import { ask, rules } from '../../plc/rules.ts'
import { startLatchkey } from '../../support/gateway.ts'
import { type Plant, type PlantMachine, startPlant } from '../../support/gateway-plant.ts'
import { siteText } from '../../support/gateway-site.ts'
import { freePort } from '../../support/ports.ts'
import { runProcess, until } from '../../support/process.ts'
import { inLanes, nowMs, pause } from '../../support/proof.ts'
import { type MachineKind, type MachineSimulator, startMachine } from '../../support/simulators.ts'
import { type Checks, createChecks, type Item, type Run } from '../item.ts'

const root = new URL('../../..', import.meta.url).pathname
const RELOCK_MS = 7000
/** The lease, and some polls: a machine that is not locked by then does not lock itself. */
const LONG_GONE_MS = 8000
/** The simulator's rules, the program, and the program over the wrap of its clock. */
const ASKED_OF = 3
/** Where the clock of the program begins to wrap soon, ms. */
const NEAR_WRAP_MS = 2 ** 32 - 4000

type Target = {
  readonly name: string
  readonly kind: MachineKind
  /** Another than a site has by itself. */
  readonly interlock?: Readonly<Record<string, unknown>>
}

const targets: readonly Target[] = [
  { name: 'modbus', kind: 'spray-booth' },
  { name: 'opcua', kind: 'instrument' },
  { name: 'watchdog modbus', kind: 'edge-bander' },
  { name: 'watchdog opcua', kind: 'edge-bander-opcua' },
  { name: 'coil', kind: 'edge-bander-coil' },
]
/** Shorter, so that a drill fits the bounded form; what it asks is the same. */
const quickInterlock = { device: 'plc', class: 'lease', lease: '4s', heartbeat: '500ms' }
const quickTargets: readonly Target[] = [{ ...targets[0]!, interlock: quickInterlock }]

export const conformance: Item = {
  name: 'conformance',
  async run(run) {
    const checks = createChecks(run.say)
    const table = () => rulesTable(run, checks)
    const drills = () => conformAll(run, run.quick ? quickTargets : targets, checks)
    const use = () => useOverBoth(run, checks)
    const parts = await inLanes([table, drills, use], run.quick ? 3 : 1, (part) => part())
    return { ...checks.verdict(), figure: parts.join('; '), aim: `all; relock within ${RELOCK_MS} ms; units exact` }
  },
}

/* ── against the simulator, with no gateway ── */

/**
 * Drilled at the same time, each with a site of its own; started before one after the other, since that takes a core.
 */
async function conformAll(run: Run, all: readonly Target[], checks: Checks): Promise<string> {
  const started: (readonly [Target, MachineSimulator])[] = []
  for (const target of all)
    started.push([target, await startMachine(run.scope, target.kind, { name: `${target.kind}-alone` })])
  const found = await Promise.all(started.map(([target, simulator]) => conform(run, target, simulator, checks)))
  return `${found.join(', ')}${run.quick ? ' (lease 4 s)' : ''}`
}

async function conform(
  { scope, say }: Run,
  { name, kind, interlock }: Target,
  simulator: MachineSimulator,
  checks: Checks,
): Promise<string> {
  const id = `conform-${kind}`
  const folder = join(scope.folder, id)
  mkdirSync(folder)
  const sitePath = join(folder, 'site.yaml')
  // Nothing is asked of a platform.
  const platform = { issuer: 'https://nobody.example', audience: 'latchkey:conform', jwks: 'http://127.0.0.1:9/keys' }
  const machines = [{ id, simulator }]
  const more = interlock === undefined ? {} : { [id]: { interlock } }
  const port = await freePort()
  writeFileSync(sitePath, siteText({ site: 'conform', dataDir: join(folder, 'data'), port, platform, machines, more }))
  const path = join(folder, 'report.json')
  const command = startLatchkey(['drill', '--conformance', sitePath, id, '--yes', '--report', path])
  scope.defer(() => command.kill())
  const { code } = await command.exited
  const report = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as DrillReport) : undefined
  checks.check(`${name}: the command ends with 0`, code === 0, command.output())
  const { steps = [], relockMs } = report ?? {}
  const held = steps.filter(({ passed }) => passed).length
  checks.check(`${name}: every step passes`, report?.passed === true && held > 0, steps)
  const failSafe = kind !== 'edge-bander-coil'
  checks.check(`${name}: is ${failSafe ? '' : 'not '}called fail-safe`, report?.failSafe === failSafe)
  const inTime = relockMs !== undefined && relockMs <= RELOCK_MS
  if (failSafe) checks.check(`${name}: locks itself within ${RELOCK_MS} ms`, inTime, relockMs)
  const { startPermission, outputEdges } = await simulator.judge()
  checks.check(`${name}: was on, and is off after it`, !startPermission && outputEdges.some(({ on }) => on))
  const relock = failSafe ? `relock ${relockMs} ms` : 'no fail-safe'
  say(`${name}: ${held} of ${steps.length} steps, ${relock}`)
  return `${name} ${held}/${steps.length} (${relock})`
}

/* ── the rules table ── */

type Asked = { readonly title: string; readonly status: string }
type Results = {
  readonly numFailedTests: number
  readonly testResults: readonly { readonly assertionResults: readonly Asked[] }[]
}

/**
 * The rules alone are asked in this process; in the full form also programs that lack one, by the runner of the tests.
 */
async function rulesTable(run: Run, checks: Checks): Promise<string> {
  return run.quick ? askRules(run, checks) : testRules(run, checks)
}

async function askRules({ say }: Run, checks: Checks): Promise<string> {
  const make = [() => simulatedRules(permissionOf), () => executedProgram(), () => executedProgram(NEAR_WRAP_MS)]
  let broken = 0
  for (const plc of make)
    for (const rule of rules) {
      const faults = await ask(plc(), rule)
      checks.check(rule.rule, faults.length === 0, faults)
      if (faults.length > 0) broken += 1
    }
  say(`rules: ${make.length * rules.length - broken} kept`)
  return `${rules.length} rules × ${make.length}: ${broken} broken`
}

async function testRules({ scope, say }: Run, checks: Checks): Promise<string> {
  const path = join(scope.folder, 'rules.json')
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'test/plc', '--reporter=json', `--outputFile.json=${path}`]
  const failure = await runProcess(process.execPath, vitest, { cwd: root }).then(
    () => undefined,
    (error: Error) => error.message,
  )
  checks.check('the tests of the rules pass', failure === undefined, failure)
  if (!existsSync(path)) return 'no rules'
  const { testResults, numFailedTests } = JSON.parse(readFileSync(path, 'utf8')) as Results
  const names = new Set(rules.map(({ rule }) => rule))
  const asked = testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ title }) => names.has(title))
  const kept = asked.filter(({ status }) => status === 'passed').length
  checks.check('each rule is kept by each', kept === ASKED_OF * rules.length, `${kept} of ${ASKED_OF * rules.length}`)
  say(`rules: ${kept} kept, ${numFailedTests} tests failed`)
  return `${rules.length} rules × ${ASKED_OF}: ${asked.length - kept} broken`
}

/* ── through a gateway ── */

async function useOverBoth(run: Run, checks: Checks): Promise<string> {
  const plant = await startPlant(run.scope, {
    site: 'conformance',
    machines: { 'spray-booth': 1, instrument: 1 },
    cycleMs: 700,
    bounds: { reconnectMax: '2s' },
  })
  const rounds = run.quick ? 1 : 3
  let relockMs = 0
  let units = 0
  for (let round = 0; round < rounds; round += 1) {
    const uses = await Promise.all(plant.machines.map((machine) => begin(plant, machine)))
    relockMs = Math.max(relockMs, await lapse(plant, checks))
    for (const made of await Promise.all(uses.map((use) => finish(plant, use, checks)))) units += made
    run.say(`use ${round + 1} of ${rounds}: ${units} units, relock ${relockMs} ms`)
  }
  for (const { id, unitMeter, simulator } of plant.machines) {
    const meter = await plant.api.meter(unitMeter)
    const { producedUnits } = await simulator.judge()
    const isWhole = meter.conserved && meter.session === String(producedUnits) && meter.unassigned === '0'
    checks.check(`${id}: all ${producedUnits} units are in sessions`, isWhole, meter)
  }
  return `use over both: ${units} units of ${2 * rounds} sessions, each lapsed within ${relockMs} ms and resumed`
}

type Use = {
  readonly machine: PlantMachine
  readonly credential: string
  readonly session: string
  /** Units that were made before it. */
  readonly before: number
}

async function begin({ api }: Plant, machine: PlantMachine): Promise<Use> {
  const { id, simulator, token } = machine
  const before = (await simulator.judge()).producedUnits
  const credential = await token()
  const session = (await api.unlocked(id, credential)).id
  await simulator.operate({ autoStart: true })
  await untilMade(machine, before + 2)
  return { machine, credential, session, before }
}

/** The gateway stands still until both machines have locked themselves; the longest that took. */
async function lapse({ gateway, machines }: Plant, checks: Checks): Promise<number> {
  const sinceMs = nowMs()
  await gateway.freeze()
  await pause(sinceMs + LONG_GONE_MS - nowMs())
  const offs = await Promise.all(
    machines.map(async ({ id, simulator }) => {
      const { startPermission, outputEdges } = await simulator.judge()
      const off = outputEdges.find(({ on, atMs }) => !on && atMs >= sinceMs)
      checks.check(`${id}: is locked while the gateway stands still`, !startPermission && off !== undefined)
      return (off?.atMs ?? Number.POSITIVE_INFINITY) - sinceMs
    }),
  )
  gateway.thaw()
  const latestMs = Math.max(...offs)
  checks.check(`locked within ${RELOCK_MS} ms of the gateway standing still`, latestMs <= RELOCK_MS, latestMs)
  return latestMs
}

/** Suspended, resumed, used again, ended; units of its session. */
async function finish({ api }: Plant, { machine, credential, session, before }: Use, checks: Checks): Promise<number> {
  const { id, simulator } = machine
  await api.untilSession(session, ({ status }) => status === 'suspended', 20_000)
  checks.check(`${id}: thawed, the gateway does not unlock it`, !(await simulator.judge()).startPermission)
  const resumed = async () =>
    (await api.call('POST', `/sessions/${session}/resume`, { token: credential, body: {} })).status === 200
  await until(resumed, 20_000, `${id} is not resumed`)
  checks.check(`${id}: is unlocked when the resume is answered`, (await simulator.judge()).startPermission)
  await untilMade(machine, (await simulator.judge()).producedUnits + 2)
  const ended = await api.ended(session, 30_000)
  await simulator.operate({ autoStart: false })
  await api.untilMachine(id, ({ access }) => access === 'Locked', 20_000)
  const { producedUnits, startPermission } = await simulator.judge()
  checks.check(`${id}: is locked after the end`, !startPermission)
  const used = ended.use.find(({ meter }) => meter === machine.unitMeter)?.quantity
  const made = producedUnits - before
  checks.check(`${id}: units of the session`, used === String(made), `${used} billed, ${made} made`)
  return made
}

function untilMade({ id, simulator }: PlantMachine, units: number): Promise<void> {
  return until(async () => (await simulator.judge()).producedUnits >= units, 15_000, `${id} makes nothing`)
}
