/** Starts a simulator program as a process and talks to its control face. Used by the tests of the programs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

/** The part of the judge's view the tests look at. */
export type Judge = {
  state: string
  producedUnits: number
  partCounter: number
  energyWh: string
  runningMs: number
  startPermission: boolean
  cycleRunning: boolean
  outputEdges: { atMs: number; on: boolean; cause: string; token: number }[]
  accepted: { command: number; token: number; tag: number }[]
  enables: number
  heartbeats: number
  requests: Record<string, number>
  writeFrames: { count: number; last: { unit: number; address: number | string; words: number[]; outcome: string }[] }
  lease: {
    state: string
    ownerToken: number
    highestToken: number
    bootId: number
    acknowledgedSeq: number
    rejects: { reason: number; text: string }[]
    ignored: Record<string, number>
  }
}

export type Simulator = {
  ready: Record<string, unknown>
  process: ChildProcess
  number(key: string): number
  text(key: string): string
  judge(): Promise<Judge>
  post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }>
  /** Sends a signal and waits for the end; the exit code, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>
}

export const readyWithinMs = 15_000
const living = new Set<ChildProcess>()
const folders: string[] = []

/** A new folder for the state of one simulator; `endAll` removes it. */
export function newStateDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-sim-'))
  folders.push(folder)
  return folder
}

/** Starts `simulators/<name>.ts` and waits for its ready line, the only line it may print. */
export async function startSimulator(name: string, ...args: string[]): Promise<Simulator> {
  const child = spawn(process.execPath, [join('simulators', `${name}.ts`), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  living.add(child)
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-4000)
  })
  const lines = createInterface({ input: child.stdout })
  const gone = once(child, 'exit').then(() => Promise.reject(new Error(`${name} ended: ${errors}`)))
  const late = pause(readyWithinMs, undefined, { ref: false }).then(() =>
    Promise.reject(new Error(`${name} is not ready: ${errors}`)),
  )
  const [line] = await Promise.race([once(lines, 'line'), gone, late])
  gone.catch(() => {})
  late.catch(() => {})
  const ready: Record<string, unknown> = JSON.parse(String(line))
  const control = String(ready.controlUrl ?? ready.url)
  return {
    ready,
    process: child,
    number: (key) => Number(ready[key]),
    text: (key) => String(ready[key]),
    judge: async () => (await (await fetch(`${control}/judge`)).json()) as Judge,
    async post(path, body) {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const response = await fetch(`${control}${path}`, { method: 'POST', body: text })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? String(child.signalCode)
      const exit = once(child, 'exit')
      child.kill(signal)
      const [code, name] = await exit
      living.delete(child)
      return code ?? name
    },
  }
}

/** Ends every simulator that still runs and removes what they remembered. */
export async function endAll(): Promise<void> {
  for (const child of living) {
    const exit = once(child, 'exit')
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await exit
  }
  living.clear()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** Asks again until `accept` is content; fails with what was seen last. */
export async function eventually<T>(
  ask: () => Promise<T>,
  accept: (value: T) => boolean,
  withinMs = 5_000,
): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const value = await ask()
    if (accept(value)) return value
    if (Date.now() > deadline)
      throw new Error(`still not after ${withinMs} ms: ${JSON.stringify(value).slice(0, 2000)}`)
    await pause(20)
  }
}

/** A ToPlc block of 16 words. */
export function block(fields: {
  seq: number
  command: number
  token: number
  leaseMs?: number
  echo?: number
  heartbeat?: number
}): number[] {
  const { seq, command, token, leaseMs = 5000, echo = 0, heartbeat = 0 } = fields
  return [seq, 1, token >>> 16, token & 0xffff, command, leaseMs, 0, 7, echo, heartbeat, 0, 0, 0, 0, 0, seq]
}
