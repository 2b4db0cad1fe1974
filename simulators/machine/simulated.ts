/**
 * What a simulated machine is to those around it: the person who works at it, the faults inside it, the faces that read
 * and write it, and the judge. `simulate` does what is the same in every machine.
 * Next: works.ts, machine.ts (with a PLC), io-machine.ts (behind an I/O module).
 */
import type { WriteFrame } from './journal.ts'
import type { Mode } from './lease-state.ts'
import { type Drive, factsOf, momentOf, type Touch, touch, type Works } from './works.ts'

/** What the person at the machine does. */
export type Operator = Readonly<
  | { kind: 'press-start' }
  | { kind: 'auto-start'; on: boolean }
  | { kind: 'emergency-stop'; pressed: boolean }
  | { kind: 'guard'; open: boolean }
  | { kind: 'mode'; mode: Mode }
  | { kind: 'power'; on: boolean }
  | { kind: 'produce'; units: number }
>

/** What goes wrong inside the machine; what goes wrong on the wire is in simulators/faces/door.ts. */
export type MachineFault = Readonly<
  { kind: 'reset-counter'; to: number } | { kind: 'machine-fault'; active: boolean } | { kind: 'plc-restart' }
>

export type Simulated = Readonly<{
  /** Brings the machine to the present. Everything below does so first. */
  advance(): void
  operate(act: Operator): void
  suffer(fault: MachineFault): void
  /** Stops the logic (the PLC program, the I/O module) while the machine goes on. On release real time counts. */
  holdLogic(held: boolean): void
  /** Counts a request to a face, by its function, such as `fc3`. */
  request(kind: string): void
  /** Records a write that a face took or refused. */
  wrote(frame: WriteFrame): void
  /** What really happened, for `GET /judge`. */
  judge(): Record<string, unknown>
}>

/** What differs from machine to machine. */
type Own = Readonly<{
  operate(act: Exclude<Operator, Touch>): void
  suffer(fault: Exclude<MachineFault, Touch>): void
  startPermission(): boolean
  /** Further facts for the judge. */
  facts(): Record<string, unknown>
}>

export function simulate(works: Works, { advance, during, hold }: Drive, own: Own): Simulated {
  return {
    advance,
    operate: (act) => during(() => (isTouch(act) ? touch(works, act) : own.operate(act))),
    suffer: (fault) => during(() => (isTouch(fault) ? touch(works, fault) : own.suffer(fault))),
    holdLogic: hold,
    request: works.journal.request,
    wrote(frame) {
      advance()
      works.journal.write(frame, momentOf(works))
    },
    judge() {
      advance()
      return { ...factsOf(works, own.startPermission()), ...own.facts() }
    },
  }
}

const touches: ReadonlySet<string> = new Set<Touch['kind']>(['press-start', 'auto-start', 'produce', 'reset-counter'])

function isTouch(act: Operator | MachineFault): act is Touch {
  return touches.has(act.kind)
}
