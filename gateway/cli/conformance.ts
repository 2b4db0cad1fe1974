/**
 * `latchkey drill --conformance <site.yaml> <machine>`: holds a PLC against the rules of the lease block, for those who
 * program it and for the acceptance of a machine. No gateway may run: this takes the lock of the data folder, so that
 * two never write. It lets no tenant in, which takes the drill of the gateway itself. The fencing counters it uses are
 * stored before the first write, so that a gateway goes on above them. Ctrl-C gives the machine back; if even that
 * fails, it locks by itself.
 * Ends 0 when every rule holds, 1 when one does not or the PLC cannot be reached, 130 after Ctrl-C.
 * Read next: own-plc.ts, core/drill/drill.ts, core/drill/lease-rules.ts (the rules).
 */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { SiteConfig } from '../../config/site.ts'
import { type DataDir, openDataDir } from '../control/host/data-dir.ts'
import { writeWhole } from '../control/host/files.ts'
import { writerOptions } from '../control/host/writer-options.ts'
import { type DrillIo, runDrill, stepsOf } from '../control/loops/drill-loop.ts'
import { DRILL_COUNTERS, type DrillReport, newRun, type Reserve, reserveAfter, type Step } from '../core/drill/drill.ts'
import { leaseStepsByHand, leaseStepsByPowerCycle } from '../core/drill/lease-rules.ts'
import type { InterlockConfig, MachineConfig } from '../core/ground/config.ts'
import { GatewayError } from '../core/ground/failure.ts'
import { groundOf, type Shown } from '../core/interlock/interlock.ts'
import { counterOf } from '../core/interlock/lease.ts'
import { openWriter } from '../ledger/store/database.ts'
import { createReader } from '../ledger/store/reader.ts'
import { createWriter } from '../ledger/store/writer.ts'
import { agreed, type DrillCliIo, question, STOPPED, stepLine } from './drill-io.ts'
import { connectPlc } from './own-plc.ts'
import { lacksSecrets, withSite } from './site.ts'

type ConformanceOptions = {
  readonly yes: boolean
  readonly json: boolean
  /** Also what a person has to do: emergency stop, key switch. */
  readonly byHand: boolean
  readonly powerCycle: boolean
  readonly report?: string | undefined
}

type Subject = { readonly config: SiteConfig; readonly machine: MachineConfig; readonly interlock: InterlockConfig }

export function conformanceCommand(
  sitePath: string,
  machineId: string,
  options: ConformanceOptions,
  io: DrillCliIo,
  signal: AbortSignal,
): Promise<number> {
  return withSite(sitePath, io, async (config) => {
    try {
      const machine = config.machines.find(({ id }) => id === machineId)
      if (machine === undefined) throw refused(`there is no machine ${machineId} in ${sitePath}`)
      const { interlock } = machine
      if (interlock === undefined) throw refused(`${machineId} has no interlock: it is read and metered only`)
      if (lacksSecrets(config, interlock.link))
        throw refused(`set the secrets of the link ${interlock.link} in the environment`)
      if (!(await agreed(machineId, options.yes, io))) return 1
      return await conform({ config, machine, interlock }, options, io, signal)
    } catch (error) {
      if (!options.json || !(error instanceof GatewayError)) throw error
      io.stdout.write(`${JSON.stringify({ ok: false, message: error.message })}\n`)
      return 1
    }
  })
}

async function conform(
  subject: Subject,
  options: ConformanceOptions,
  io: DrillCliIo,
  signal: AbortSignal,
): Promise<number> {
  const { config, machine, interlock } = subject
  const dir = openDataDir(config.dataDir, config.site)
  const plc = await connectPlc(config, interlock, dir)
  const startedAtMs = Date.now()
  try {
    const run = newRun(interlock, reserveCounters(subject, dir, await plc.first()))
    const steps = [...stepsOf(run), ...withPerson(interlock, options)]
    const drillIo: DrillIo = {
      ...plc,
      person: async (text) => void (await question(`${text} [Enter] `, io)),
      begun: () => undefined,
      ended: (step) => void (options.json || io.stderr.write(`${stepLine(step)}\n`)),
    }
    const report = await runDrill(run, steps, drillIo, signal)
    if (report === undefined) {
      io.stderr.write('broken off; the machine was given back, and locks by itself in any case\n')
      return STOPPED
    }
    const path = options.report ?? reportPath(config, machine.id, startedAtMs)
    const text = reportOf(config, machine, report, startedAtMs)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeWhole(path, `${JSON.stringify(text, undefined, 2)}\n`)
    if (options.json) io.stdout.write(`${JSON.stringify({ ok: report.passed, report: path, ...text })}\n`)
    else io.stdout.write(`${summary(machine.id, report, steps.length)}\nreport: ${path}\n`)
    return report.passed ? 0 : 1
  } finally {
    await plc.close()
    dir.unlock()
  }
}

function withPerson(interlock: InterlockConfig, { byHand, powerCycle }: ConformanceOptions): readonly Step[] {
  if (interlock.class !== 'lease') return []
  return [...(byHand ? leaseStepsByHand : []), ...(powerCycle ? leaseStepsByPowerCycle : [])]
}

/** Durable before the first write: a gateway that starts later goes on above them. */
function reserveCounters({ config, machine: { id } }: Subject, dir: DataDir, shown: Shown): Reserve {
  const writer = createWriter(openWriter(dir.ledgerPath), writerOptions(config))
  try {
    const reader = createReader(dir.ledgerPath)
    const row = reader.machines().find(({ machine }) => machine === id) ?? { machine: id, fencingCounter: 0 }
    reader.close()
    const reserve = reserveAfter(row.fencingCounter, counterOf(groundOf(shown).highestToken), config.fencingId)
    if (reserve === undefined) throw refused('the fencing tokens of this PLC are used up')
    writer.commit([[{ kind: 'machine', row: { ...row, fencingCounter: reserve.first + DRILL_COUNTERS - 1 } }]])
    return reserve
  } finally {
    writer.close()
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
