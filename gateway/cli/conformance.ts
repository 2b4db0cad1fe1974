/**
 * `latchkey drill --conformance <site.yaml> <machine>`: holds a PLC against the rules of the lease block, with no gateway
 * running: it takes the lock of the data folder, so that two never write. For whoever programs the PLC, and for the
 * acceptance of a machine. It lets no tenant in: that takes the drill of the gateway itself.
 * The fencing counters it uses are stored as used before the first write, so that a gateway goes on above them. Ctrl-C gives the
 * machine back; if even that fails it locks by itself.
 * Ends 0 when every rule holds, 1 when one does not or the PLC cannot be reached, 130 after Ctrl-C.
 * Read next: core/drill/drill.ts, core/drill/lease-rules.ts (the rules).
 */

import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Link, Point } from '../../adapters/adapter.ts'
import { protocols } from '../../adapters/registry.ts'
import { faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import type { SiteConfig } from '../../config/site.ts'
import { createClock } from '../control/host/clock.ts'
import { type DataDir, openDataDir } from '../control/host/data-dir.ts'
import { writeWhole } from '../control/host/files.ts'
import { type DrillIo, runDrill, stepsOf } from '../control/loops/drill-loop.ts'
import { DRILL_COUNTERS, type DrillReport, newRun, type Reserve, reserveAfter, type Step } from '../core/drill/drill.ts'
import { leaseStepsByHand, leaseStepsByPowerCycle } from '../core/drill/lease-rules.ts'
import type { InterlockConfig, MachineConfig } from '../core/ground/config.ts'
import { GatewayError } from '../core/ground/failure.ts'
import * as interlock from '../core/interlock/interlock.ts'
import { counterOf } from '../core/interlock/lease.ts'
import { openWriter } from '../ledger/store/database.ts'
import { createReader } from '../ledger/store/reader.ts'
import { createWriter } from '../ledger/store/writer.ts'
import { agreed, type DrillCliIo, question, stepLine } from './drill-io.ts'

/** The PLC has to answer within this at the start, and after its power came back, ms. */
const ANSWER_MS = 15_000
const READ_EVERY_MS = 100

export type ConformanceOptions = {
  readonly yes: boolean
  readonly json: boolean
  /** Also what a person has to do: emergency stop, key switch. */
  readonly byHand: boolean
  readonly powerCycle: boolean
  readonly report?: string | undefined
}

export async function conformanceCommand(
  sitePath: string,
  machineId: string,
  options: ConformanceOptions,
  io: DrillCliIo,
  signal: AbortSignal,
): Promise<number> {
  const loaded = loadSite(sitePath, io.env)
  if (loaded.kind === 'faults') {
    for (const fault of loaded.faults) io.stderr.write(`${faultLine(fault)}\n`)
    return 1
  }
  try {
    const { config } = loaded
    const machine = config.machines.find(({ id }) => id === machineId)
    if (machine === undefined) throw refused(`there is no machine ${machineId} in ${sitePath}`)
    if (machine.interlock === undefined) throw refused(`${machineId} has no interlock: it is read and metered only`)
    if (!(await agreed(machineId, options.yes, io))) return 1
    return await conform(config, machine, machine.interlock, options, io, signal)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    if (options.json) io.stdout.write(`${JSON.stringify({ ok: false, message: error.message })}\n`)
    else io.stderr.write(`${error.message}\n`)
    return 1
  }
}

async function conform(
  config: SiteConfig,
  machine: MachineConfig,
  lock: InterlockConfig,
  options: ConformanceOptions,
  io: DrillCliIo,
  signal: AbortSignal,
): Promise<number> {
  const dir = openDataDir(config.dataDir, config.site)
  const plc = await connect(config, machine, lock, dir)
  const startedAtMs = Date.now()
  try {
    const reserve = await reserveCounters(config, machine, dir, await plc.first())
    const run = newRun(lock, reserve)
    const steps = [...stepsOf(run), ...withPerson(lock, options)]
    const drillIo: DrillIo = {
      ...plc,
      person: async (text) => void (await question(`${text} [Enter] `, io)),
      begun: () => undefined,
      ended: (step) => void (options.json || io.stderr.write(`${stepLine(step)}\n`)),
    }
    const report = await runDrill(run, steps, drillIo, signal)
    if (report === undefined) {
      io.stderr.write('broken off; the machine was given back, and locks by itself in any case\n')
      return 130
    }
    const path = options.report ?? reportPath(config, machine.id, startedAtMs)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const told = reportOf(config, machine, report, startedAtMs)
    writeWhole(path, `${JSON.stringify(told, undefined, 2)}\n`)
    if (options.json) io.stdout.write(`${JSON.stringify({ ok: report.passed, report: path, ...told })}\n`)
    else io.stdout.write(`${summary(machine.id, report, steps.length)}\nreport: ${path}\n`)
    return report.passed ? 0 : 1
  } finally {
    await plc.close()
    dir.unlock()
  }
}

function withPerson(lock: InterlockConfig, { byHand, powerCycle }: ConformanceOptions): readonly Step[] {
  if (lock.class !== 'lease') return []
  return [...(byHand ? leaseStepsByHand : []), ...(powerCycle ? leaseStepsByPowerCycle : [])]
}

/** Durable before the first write: a gateway that starts later goes on above them. */
async function reserveCounters(
  config: SiteConfig,
  { id }: MachineConfig,
  dir: DataDir,
  shown: interlock.Shown,
): Promise<Reserve> {
  const writer = createWriter(openWriter(dir.ledgerPath), {
    site: config.site,
    simulated: new Set(),
    samples: config.bounds.samples,
  })
  try {
    const reader = createReader(dir.ledgerPath)
    const row = reader.machines().find(({ machine }) => machine === id) ?? { machine: id, fencingCounter: 0 }
    reader.close()
    const { highestToken } = interlock.groundOf(shown)
    const reserve = reserveAfter(row.fencingCounter, counterOf(highestToken), config.fencingId)
    if (reserve === undefined) throw refused('the fencing tokens of this PLC are used up')
    writer.commit([[{ kind: 'machine', row: { ...row, fencingCounter: reserve.first + DRILL_COUNTERS - 1 } }]])
    return reserve
  } finally {
    writer.close()
  }
}

/** A link of its own, and the interlock on it. */
async function connect(config: SiteConfig, machine: MachineConfig, lock: InterlockConfig, dir: DataDir) {
  const { protocol, options } = config.links.find(({ id }) => id === lock.link)!
  const adapter = await protocols[protocol].load()
  const clock = createClock(undefined)
  const quiet = { debug() {}, info() {}, warn() {}, error() {} }
  const link: Link = adapter.createLink(options, { now: clock.now, log: quiet, stateDir: dir.stateDirOf(lock.link) })
  const points: Point[] = interlock.partsOf(lock).map(({ point, address }) => ({
    id: point,
    address,
    device: lock.device,
    intervalMs: lock.pollMs,
  }))
  let whyNot = 'no answer'

  async function open(withinMs: number): Promise<void> {
    const untilMs = nowMs() + withinMs
    for (;;) {
      const failure = await link.open(AbortSignal.timeout(withinMs)).then(
        () => undefined,
        (error: Error) => error,
      )
      if (failure === undefined) return
      if (nowMs() >= untilMs) throw refused(`the link ${lock.link} cannot be opened: ${failure.message}`)
      await pause(READ_EVERY_MS)
    }
  }
  const nowMs = () => Number(clock.now().ns / 1000n) / 1000

  async function read(): Promise<interlock.Shown | undefined> {
    const readings = await link.read(points, { urgent: true }).catch((error: Error) => {
      whyNot = error.message
      return undefined
    })
    if (readings === undefined) {
      await open(ANSWER_MS).catch(() => undefined)
      return undefined
    }
    const seen = interlock.see(lock, new Map(readings.map((reading) => [reading.point, reading])))
    if (seen !== undefined && 'bad' in seen) whyNot = seen.bad.detail ?? seen.bad.cause ?? 'a bad reading'
    return seen !== undefined && 'block' in seen ? seen.block : undefined
  }

  await open(ANSWER_MS)
  return {
    nowMs,
    read,
    /** The PLC as it is before anything is asked of it. */
    async first(): Promise<interlock.Shown> {
      const untilMs = nowMs() + ANSWER_MS
      for (;;) {
        const shown = await read()
        if (shown !== undefined) return shown
        if (nowMs() >= untilMs) throw refused(`the interlock of ${machine.id} cannot be read: ${whyNot}`)
        await pause(READ_EVERY_MS)
      }
    },
    async write(words: readonly number[]): Promise<'accepted' | 'refused' | 'unknown' | 'unsent'> {
      const block = { id: 'interlock', address: interlock.targetOf(lock), device: lock.device, words }
      return link.write(block).then(
        () => 'accepted' as const,
        (error: { outcome?: 'refused' | 'unknown' | 'unsent' }) => error.outcome ?? 'unknown',
      )
    },
    async cut(awayMs: number): Promise<void> {
      await link.close()
      await pause(awayMs)
      await open(ANSWER_MS)
    },
    close: () => link.close(),
  }
}

function reportPath({ dataDir }: SiteConfig, machine: string, atMs: number): string {
  return join(dataDir, 'drills', `${machine}-${new Date(atMs).toISOString().replaceAll(/[:.]/g, '-')}.json`)
}

function reportOf(config: SiteConfig, machine: MachineConfig, report: DrillReport, startedAtMs: number) {
  return {
    kind: 'latchkey-conformance',
    site: config.site,
    machine: machine.id,
    interlockId: machine.commissioning.interlockId,
    startedAt: new Date(startedAtMs).toISOString(),
    endedAt: new Date().toISOString(),
    ...report,
  }
}

function summary(machine: string, { passed, steps, relockMs }: DrillReport, asked: number): string {
  const held = steps.filter((step) => step.passed).length
  const measured = relockMs === undefined ? '' : `; locked itself within ${relockMs} ms each time`
  return `${machine}: ${passed ? 'conforms' : 'DOES NOT CONFORM'}: ${held} of ${asked} rules hold${measured}`
}

function refused(message: string): GatewayError {
  return new GatewayError('lock', 'conformance', message)
}
