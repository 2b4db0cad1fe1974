/**
 * A program under test or a server for it: started in a group of its own, watched, frozen, killed. What it wrote is
 * kept for the message of a failing test. No group outlives the process that started it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'

export type TestProcess = {
  readonly pid: number
  /** stdout and stderr so far, the last 64 kB. */
  output(): string
  /** The first line of stdout that is a JSON object with `ready: true`. */
  ready<T extends object>(withinMs?: number): Promise<T & { ready: true }>
  /** SIGSTOP to the group: sockets stay open, nothing answers. Resolves when the kernel has stopped it. */
  freeze(): Promise<void>
  thaw(): void
  /** To the group; resolves when the process is gone. Idempotent. Default SIGKILL. */
  kill(signal?: NodeJS.Signals): Promise<void>
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

export type StartOptions = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> }

const MAX_OUTPUT = 65_536
const groups = new Set<number>()
process.on('exit', () => {
  for (const group of groups) signalGroup(group, 'SIGKILL')
})

export function startProcess(command: string, args: readonly string[], options: StartOptions = {}): TestProcess {
  const child: ChildProcess = spawn(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  let stdout = ''
  const lines = new Set<() => void>()
  child.stdout?.on('data', (chunk) => {
    stdout = `${stdout}${chunk}`.slice(-MAX_OUTPUT)
    for (const look of lines) look()
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output = `${output}${chunk}`.slice(-MAX_OUTPUT)
    })
  }
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('error', (error) => {
      output += error.message
      resolve({ code: null, signal: null })
    })
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const { pid } = child
  if (pid !== undefined) groups.add(pid)
  if (pid !== undefined && getPriority() < 0) goFirstAsGroup(pid)
  void exited.then(() => {
    // Grandchildren too: the group may live on without its leader.
    if (pid !== undefined) signalGroup(pid, 'SIGKILL')
    groups.delete(pid ?? 0)
  })

  return {
    pid: pid ?? 0,
    output: () => output,
    exited,
    ready<T extends object>(withinMs = 20_000) {
      return new Promise<T & { ready: true }>((resolve, reject) => {
        const fail = (why: string) => reject(new Error(`${command} ${args.join(' ')}: ${why}\n${output}`))
        const timer = setTimeout(() => fail(`not ready within ${withinMs} ms`), withinMs)
        void exited.then(({ code, signal }) => fail(`ended with ${code ?? signal} before it was ready`))
        const look = () => {
          const line = stdout.split('\n').slice(0, -1).map(parsed).find(isReady)
          if (line === undefined) return
          clearTimeout(timer)
          lines.delete(look)
          resolve(line as T & { ready: true })
        }
        lines.add(look)
        look()
      })
    },
    async freeze() {
      signalGroup(pid, 'SIGSTOP')
      await until(async () => (await stateOf(pid)) === 'T', 5_000, `${command} did not stop`)
    },
    thaw: () => signalGroup(pid, 'SIGCONT'),
    async kill(signal = 'SIGKILL') {
      signalGroup(pid, signal)
      await exited
    },
  }
}

/** Where each group has the same share of a processor, it is the priority of the group that counts. */
export function goFirstAsGroup(pid: number | 'self'): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, '-10')
  } catch {
    // This kernel shares processors out otherwise.
  }
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // it has gone
  }
}

async function stateOf(pid: number | undefined): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isReady(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'ready' in value && value.ready === true
}

/** Asks again and again until it is so; the last failure is the message. */
export async function until(
  check: () => boolean | Promise<boolean>,
  withinMs: number,
  otherwise: string,
): Promise<void> {
  const endAt = performance.now() + withinMs
  for (;;) {
    if (await check()) return
    if (performance.now() > endAt) throw new Error(`${otherwise} (waited ${withinMs} ms)`)
    await pause(20)
  }
}

/** Runs to its end; what it wrote to stdout. Rejects with what it wrote when it fails. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<string> {
  const child = spawn(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr || stdout}`)
  return stdout
}
