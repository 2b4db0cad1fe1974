/**
 * What a simulated machine is to those around it: the person who works at it, the faults inside it, the faces that read
 * and write it, and the judge. Types only. Next: machine.ts (with a PLC), io-machine.ts (behind an I/O module).
 */
import type { WriteFrame } from './journal.ts'
import type { Mode } from './lease-state.ts'

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
