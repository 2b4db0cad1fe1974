/**
 * How a machine takes a correction: units move between the accounts of its meters, and an entry states who moved them
 * and why.
 * Read next: session/correction.ts (what may be moved).
 */
import { assert } from '../ground/failure.ts'
import type { MachineState } from '../machine/state.ts'
import { commit, putMeter, record, reply, type Turn } from '../machine/turn.ts'
import { adjusted, type Correction } from '../session/correction.ts'

export function onCorrect(turn: Turn, command: number, correction: Correction): void {
  const { m } = turn
  const states = adjusted(m.meters, correction.adjust)
  if ('code' in states) return reply(turn, command, { kind: 'refused', refusal: states })
  for (const state of states) putMeter(turn, state)
  const { session, by, adjust, ...rest } = correction
  const data = {
    ...rest,
    by: { ...by },
    adjust: adjust.map((item) => ({ ...item, ...unitAndEpoch(m, item.meter) })),
  }
  record(turn, 'Correction', data, session ?? null)
  commit(turn, command, { kind: 'recorded', id: correction.id })
}

function unitAndEpoch({ meters }: Pick<MachineState, 'meters'>, meter: string) {
  const state = meters.get(meter)
  assert(state !== undefined, 'correct', `units of ${meter} were moved`)
  return { unit: state.unit, epoch: state.epoch }
}
