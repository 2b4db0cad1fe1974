/**
 * A protocol by which a machine is seen: the options it adds to a program, and the open face. Types only.
 * Next: on-modbus.ts, on-opcua.ts, simulators/machine-program.ts (which opens them).
 */
import type { Command } from 'commander'
import type { Closable } from '../program.ts'
import type { Door } from './door.ts'

export type Face<M> = Readonly<{
  options(command: Command): Command
  open(machine: M, options: FaceOptions, log: (message: string) => void): Promise<OpenFace>
}>

/** The options of all faces; each face reads its own. */
export type FaceOptions = Readonly<{
  host: string
  stateDir: string
  modbusPort: number
  opcuaPort: number
  strictTrust: boolean
}>

/** An open face as the control face sees it. */
export type FaultTarget = Readonly<{
  name: string
  door: Door
  /** Refuses the next `count` writes; 0 ends it, Infinity lasts. */
  refuseWrites(count: number): void
}>

export type OpenFace = FaultTarget &
  Closable &
  Readonly<{
    /** Its part of the ready line. */
    ready: Readonly<Record<string, unknown>>
  }>
