/**
 * A bench for the rules of the lease block: a PLC without wire or clock, driven by hand, and rows of what is done to it
 * and what it then shows.
 */
import { expect, test } from 'vitest'
import { type Effect, type LeaseEvent, powerUp, step } from '../../simulators/machine/lease.ts'
import { fromPlc, type Lease, permissionOf } from '../../simulators/machine/lease-state.ts'

export const [locked, enabled, running, finishing, faulty, local, emergency] = [0, 1, 2, 3, 4, 5, 6] as const
export const [
  none,
  badVersion,
  notLocked,
  tokenTooLow,
  challenge,
  busy,
  notRemote,
  safety,
  badLease,
  fault,
  badCommand,
] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const
export const [noCommand, enable, finish, revoke] = [0, 1, 2, 3] as const

/** What the PLC shows, by name; `permission` is its output. */
export type Shown = {
  bootId: number
  state: number
  acknowledged: number
  reject: number
  token: number
  tag: number
  highest: number
  leftMs: number
  challenge: number
  safetyOk: number
  mode: number
  permission: boolean
}
export type Block = Partial<
  Record<'head' | 'tail' | 'version' | 'token' | 'command' | 'leaseMs' | 'tag' | 'echo' | 'heartbeat', number>
>

/** A PLC on a bench: booted as number 8, highest token seen 1000, at 0 ms. */
export class Bench {
  lease: Lease
  atMs = 0
  effects: Effect[] = []
  seq = 100
  last: Block = {}
  /** The challenges as they were shown, oldest first. */
  challenges: number[]

  constructor(mode: 'remote' | 'local' | 'maintenance' = 'remote') {
    const booted = powerUp({ bootId: 7, highestToken: 1000 }, mode, 0, 42)
    this.lease = booted.lease
    this.effects = [...booted.effects]
    this.challenges = [booted.lease.challenge]
  }

  happen(event: object): void {
    const stepped = step(this.lease, { atMs: this.atMs, ...event } as LeaseEvent)
    this.lease = stepped.lease
    this.effects.push(...stepped.effects)
    if (this.lease.challenge !== this.challenges.at(-1)) this.challenges.push(this.lease.challenge)
  }

  after(ms: number): this {
    this.atMs += ms
    this.happen({ kind: 'tick' })
    return this
  }

  write(block: Block): this {
    this.last = { head: this.seq, version: 1, token: 1016, tag: 5, leaseMs: 5000, heartbeat: 0, echo: 0, ...block }
    const { head = 0, version = 0, token = 0, command = 0, leaseMs = 0, tag = 0, echo = 0, heartbeat = 0 } = this.last
    const tail = this.last.tail ?? head
    const words = [
      head,
      version,
      token >>> 16,
      token & 0xffff,
      command,
      leaseMs,
      tag >>> 16,
      tag & 0xffff,
      echo,
      heartbeat,
    ]
    this.happen({ kind: 'write', words: [...words, 0, 0, 0, 0, 0, tail] })
    this.seq = head + 1
    return this
  }

  enable(block: Block = {}): this {
    return this.write({ command: enable, echo: this.lease.challenge, ...block })
  }

  /** The last block again, with another heartbeat. */
  beat(heartbeat: number, block: Block = {}): this {
    const { seq, last } = this
    this.write({ ...last, heartbeat, ...block })
    this.seq = seq
    this.last = last
    return this
  }

  cycle(isRunning: boolean): this {
    this.happen({ kind: 'cycle', running: isRunning })
    return this
  }

  set(event: object): this {
    this.happen(event)
    return this
  }

  shown(): Shown {
    const words = fromPlc(this.lease, this.atMs, 0)
    const at = (index: number) => words[index] ?? Number.NaN
    const long = (index: number) => at(index) * 65536 + at(index + 1)
    return {
      bootId: long(1),
      state: at(3),
      acknowledged: at(4),
      reject: at(5),
      token: long(6),
      tag: long(8),
      highest: long(10),
      leftMs: at(12),
      challenge: at(13),
      safetyOk: at(14),
      mode: at(15),
      permission: permissionOf(this.lease),
    }
  }

  edges(): string[] {
    return this.effects.flatMap((it) => (it.kind === 'permission' ? [`${it.on ? 'on' : 'off'} ${it.cause}`] : []))
  }

  ignored(): string[] {
    return this.effects.flatMap((it) => (it.kind === 'ignored' ? [it.why] : []))
  }
}

export type Row = {
  rule: string
  when: (plc: Bench) => unknown
  shows: Partial<Shown>
  edges?: string[]
  ignored?: string[]
}

/** Runs each row on a fresh bench. */
export function checkRows(rows: readonly Row[]): void {
  test.each(rows)('$rule', ({ when, shows, edges, ignored }) => {
    const plc = new Bench()
    when(plc)
    expect(plc.shown()).toMatchObject(shows)
    if (edges) expect(plc.edges()).toEqual(edges)
    if (ignored) expect(plc.ignored()).toEqual(ignored)
  })
}

export const stop = { kind: 'emergency-stop', pressed: true }
export const release = { kind: 'emergency-stop', pressed: false }
export const key = (mode: string) => ({ kind: 'mode', mode })
