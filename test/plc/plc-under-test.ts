/** A PLC under test, whatever it is: the simulator's rules, the reference program executed, or a device on a wire. */
import { readFileSync } from 'node:fs'
import { type LeaseEvent, powerUp, step } from '../../simulators/machine/lease.ts'
import { fromPlc, type Lease } from '../../simulators/machine/lease-state.ts'
import { parseFunctionBlock } from './structured-text.ts'

export type Act =
  | { readonly kind: 'emergency-stop'; readonly pressed: boolean }
  | { readonly kind: 'guard'; readonly open: boolean }
  | { readonly kind: 'fault'; readonly active: boolean }
  | { readonly kind: 'mode'; readonly mode: 'local' | 'remote' | 'maintenance' }
  | { readonly kind: 'cycle'; readonly running: boolean }
  | { readonly kind: 'power-cycle' }

export type PlcUnderTest = {
  nowMs(): number
  wait(ms: number): Promise<void>
  write(words: readonly number[]): Promise<void>
  /** FromPlc. */
  read(): Promise<readonly number[]>
  act(act: Act): Promise<void>
  /** The output itself, not what the block says of it. */
  permits(): Promise<boolean>
}

/** The rules of simulators/machine/lease.ts, in virtual time. */
export function simulatedRules(permissionOf: (lease: Lease) => boolean): PlcUnderTest {
  let ms = 1_000_000
  let lease = powerUp({ bootId: 0, highestToken: 0 }, 'remote', ms, 7).lease
  const happen = (event: LeaseEvent) => {
    lease = step(lease, event).lease
  }
  return {
    nowMs: () => ms,
    async wait(forMs) {
      for (const untilMs = ms + forMs; ms < untilMs; ) {
        ms = Math.min(untilMs, ms + 10)
        happen({ kind: 'tick', atMs: ms })
      }
    },
    async write(words) {
      ms += 10
      happen({ kind: 'write', words, atMs: ms })
    },
    read: async () => fromPlc(lease, ms, 0),
    async act(act) {
      ms += 10
      if (act.kind !== 'power-cycle') return happen({ ...act, atMs: ms })
      lease = powerUp({ bootId: lease.bootId, highestToken: lease.highestToken }, lease.mode, ms, ms + 3).lease
    },
    permits: async () => permissionOf(lease),
  }
}

const PROGRAM = new URL('../../simulators/plc/latchkey_lease.st', import.meta.url).pathname
const SCAN_MS = 20

const blocks = new Map<string, ReturnType<typeof parseFunctionBlock>>()
/** Parses a text once: a block holds no memory, so that runs can share it. */
function parsed(text: string): ReturnType<typeof parseFunctionBlock> {
  const block = blocks.get(text) ?? parseFunctionBlock(text)
  blocks.set(text, block)
  return block
}

/** The reference program, its text executed, one scan each 20 ms. `atMs`: where its clock begins; it may wrap. */
export function executedProgram(atMs = 1_000_000, edit = (text: string) => text): PlcUnderTest {
  const block = parsed(edit(readFileSync(PROGRAM, 'utf8')))
  let ms = atMs
  let memory = block.powerUp()
  const inputs: Record<string, number | boolean> = {
    Mode: 1,
    EmergencyStopped: false,
    GuardOpen: false,
    Fault: false,
    CycleRunning: false,
    CycleCount: 0,
    Entropy: 4711,
  }
  let toPlc: readonly number[] = new Array<number>(16).fill(0)
  const scan = () => {
    ms += SCAN_MS
    for (const [name, value] of Object.entries({ ...inputs, NowMs: ms % 2 ** 32 })) memory.set(name, value)
    memory.set('ToPlc', [...toPlc])
    block.scan(memory)
  }
  scan()
  return {
    nowMs: () => ms,
    async wait(forMs) {
      for (const untilMs = ms + forMs; ms < untilMs; ) scan()
    },
    async write(words) {
      toPlc = words
      scan()
    },
    read: async () => memory.get('FromPlc') as number[],
    async act(act) {
      switch (act.kind) {
        case 'power-cycle':
          toPlc = toPlc.map(() => 0)
          inputs.CycleRunning = false
          memory = block.powerUp(memory)
          break
        case 'emergency-stop':
          inputs.EmergencyStopped = act.pressed
          break
        case 'guard':
          inputs.GuardOpen = act.open
          break
        case 'fault':
          inputs.Fault = act.active
          break
        case 'mode':
          inputs.Mode = { local: 0, remote: 1, maintenance: 2 }[act.mode]
          break
        case 'cycle':
          inputs.CycleRunning = act.running
          break
      }
      scan()
    },
    permits: async () => memory.get('StartPermitted') as boolean,
  }
}
