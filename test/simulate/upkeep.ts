/**
 * Lives of a counter with a service on it: the device is exchanged for one that counts from elsewhere, the power fails
 * and what was not durable is gone, somebody does the service, in time or early. Judged by the truth that made them:
 * the report is there at the reading at which the machine has made so much since the service was last done, it is
 * overdue at the one at which it has made so much more, and neither before. By a seed.
 * Read next: gateway/core/people/services.ts.
 */
import type { RegisterMeterConfig } from '../../gateway/core/ground/config.ts'
import { type MachineState, newMachine } from '../../gateway/core/machine/state.ts'
import { newTurn, putMeter } from '../../gateway/core/machine/turn.ts'
import { newMeter } from '../../gateway/core/meter/meter.ts'
import { stepRegister } from '../../gateway/core/meter/register.ts'
import { onServiceDone, watchServices } from '../../gateway/core/people/services.ts'
import { envAt } from '../core/support.ts'
import { random } from '../ledger/verify/shop/random.ts'
import { machineConfig } from '../support/world.ts'
import { type Choose, chooseBy } from './money/any-tariff.ts'

const STEPS = 120
const GAP_MS = 3_600_000
const counter = machineConfig.meters.find((meter): meter is RegisterMeterConfig => meter.kind === 'register')!

export type UpkeepReport = {
  lives: number
  readings: number
  due: number
  overdue: number
  exchanges: number
  cuts: number
  wrong: string[]
}

/** What is true of the machine: units made since the first reading, and when the service was last done. */
type Truth = { raw: bigint; identity: string; made: bigint; doneAt: bigint | undefined }

export function runUpkeep(lives: number, firstSeed = 1): UpkeepReport {
  const report: UpkeepReport = { lives: 0, readings: 0, due: 0, overdue: 0, exchanges: 0, cuts: 0, wrong: [] }
  for (let seed = firstSeed; seed < firstSeed + lives && report.wrong.length < 20; seed++) {
    const wrong = live(chooseBy(random(seed)), report)
    if (wrong !== undefined) report.wrong.push(`seed ${seed}: ${wrong}`)
    report.lives += 1
  }
  return report
}

function live(choose: Choose, report: UpkeepReport): string | undefined {
  const { chance, whole, pick } = choose
  const every = BigInt(whole(5, 400))
  const late = { every: whole(1, 60).toString(), close: chance(0.5) }
  const config = {
    ...machineConfig,
    meters: [{ ...counter, identity: 'serial' }],
    services: [
      { id: 'belt', text: 'new belt', meter: counter.id, every: every.toString(), close: chance(0.5), overdue: late },
    ],
  }
  let m = newMachine(config, { meters: [newMeter(config.meters[0]!, 'boot-0')], bookings: [] })
  let truth: Truth = { raw: BigInt(whole(0, 1_000_000)), identity: 'a', made: 0n, doneAt: undefined }
  let kept = keep(m, truth)
  let boot = 0
  let ms = 0
  for (let step = 0; step < STEPS; step++) {
    ms += whole(1, 60) * 1000
    const known = m.meters.get(counter.id)!
    if (step > 0 && known.held === undefined && chance(0.04)) {
      report.exchanges += 1
      // What was made since the last reading that is known went with the old device.
      const lost = truth.raw - known.raw!
      truth = {
        ...truth,
        made: truth.made - lost,
        identity: `${truth.identity}${step}`,
        raw: BigInt(whole(0, 1_000_000)),
      }
    } else if (step > 0 && chance(0.04)) {
      report.cuts += 1
      boot += 1
      // The device goes on; what the gateway knew and had not written down is gone.
      m = newMachine(config, { ...JSON.parse(kept.row, revive), bookings: [] })
      const { truth: then } = kept
      // Of a device that was exchanged meanwhile nobody knows where it began.
      const since = then.identity === truth.identity ? truth.raw - then.raw : 0n
      truth = { ...truth, made: then.made + since, doneAt: then.doneAt }
    } else if (step > 0) {
      const units = BigInt(whole(0, 9))
      truth = { ...truth, raw: truth.raw + units, made: truth.made + units }
    }
    const env = envAt(ms)
    const turn = newTurn(m, { ...env, stamp: { ...env.stamp, bootId: `boot-${boot}` } })
    const reading = { raw: truth.raw, identity: truth.identity, at: turn.env.now, bootId: `boot-${boot}` }
    const stepped = stepRegister(m.meters.get(counter.id)!, reading, config.meters[0]!, 'unassigned', GAP_MS)
    putMeter(turn, stepped.state)
    watchServices(turn)
    report.readings += 1
    truth = { ...truth, doneAt: truth.doneAt ?? truth.made }
    const wrong = judge(m, truth, every)
    if (wrong !== undefined) return `step ${step}: ${wrong}`
    const isBelieved = m.meters.get(counter.id)!.held === undefined
    if (isBelieved && chance(isOpen(m) ? 0.2 : 0.02)) {
      if (isOpen(m)) report.due += 1
      if (m.row.services?.belt?.overdue === true) report.overdue += 1
      onServiceDone(turn, { kind: 'service-done', command: step, service: 'belt', text: 'done', parts: [], by: {} })
      truth = { ...truth, doneAt: truth.made }
      if (isOpen(m)) return `step ${step}: it was done and is still reported`
    }
    // Of a value that was not believed yet nobody could say after a cut what was made before it.
    if (step === 0 || (isBelieved && pick([true, false]))) kept = keep(m, truth)
  }
  return undefined
}

const isOpen = ({ row }: MachineState) => row.reports?.some(({ cause }) => cause === 'service') === true

/** A value that the kernel does not believe yet is judged once it does. */
function judge(m: MachineState, { made, doneAt }: Truth, every: bigint): string | undefined {
  const { held, total } = m.meters.get(counter.id)!
  if (held !== undefined) return undefined
  if (total !== made) return `it counts ${total}, and ${made} were made`
  const since = made - doneAt!
  if (since >= every !== isOpen(m)) return `${since} of ${every}: ${isOpen(m) ? 'reported' : 'not reported'}`
  const { close, overdue } = m.config.services![0]!
  const isLate = since >= every + BigInt(overdue!.every!)
  if (isLate !== (m.row.services?.belt?.overdue === true)) return `${since} of ${every}: overdue is not ${isLate}`
  const isClosed = m.row.reports?.some(({ blocks }) => blocks) === true
  return isClosed === (isOpen(m) && (close || (isLate && overdue!.close)))
    ? undefined
    : `${since}: closed is ${isClosed}`
}

type Kept = { readonly row: string; readonly truth: Truth }

/** As the ledger would have it: text. */
function keep(m: MachineState, truth: Truth): Kept {
  const state = { meters: [...m.meters.values()], row: m.row }
  const row = JSON.stringify(state, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
  return { row, truth }
}

const revive = (_: string, value: unknown) =>
  typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value
