/**
 * One program of the demo as a process of its own: started, awaited, held still, ended. It leads a process group of its
 * own, so that Ctrl-C in the terminal reaches the demo only. Its log goes to a file; a failure quotes the end of it.
 * Next: plant.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

export type Child = Readonly<{
  name: string
  pid: number
  /** Its ready line. */
  ready: Readonly<Record<string, unknown>>
  /** A sentence about how it ended, with its last log lines. Never rejects. */
  ended: Promise<string>
  /** SIGSTOP: the process and its sockets stay, but nothing moves. */
  hold(): void
  release(): void
  /** SIGTERM, and SIGKILL when it has not gone in time. Idempotent. */
  end(withinMs: number): Promise<void>
  kill(): void
}>

type ChildOptions = Readonly<{
  /** The program and its arguments. */
  args: readonly string[]
  logPath: string
  readyWithinMs: number
  /** Called as soon as the process exists; `onEnd` when it has gone. */
  onStart: (pid: number) => void
  onEnd: (pid: number) => void
}>

const lastLines = 8

/** Resolves at its ready line; rejects, quoting its last log lines, when it ends before or takes too long. */
export async function startChild(name: string, options: ChildOptions): Promise<Child> {
  const log = openSync(options.logPath, 'w', 0o600)
  const child = spawn(process.execPath, options.args, { stdio: ['ignore', 'pipe', log], detached: true })
  closeSync(log)
  const { pid } = child
  if (pid !== undefined) options.onStart(pid)
  let gone = false
  const ended = new Promise<string>((resolve) => {
    const finish = (how: string) => {
      if (pid !== undefined && !gone) options.onEnd(pid)
      gone = true
      resolve(`${name} ended (${how})${lastWords(options.logPath)}`)
    }
    child.once('error', (error) => finish(error.message))
    child.once('exit', (code, signal) => finish(signal ?? `code ${code}`))
  })
  const signal = (what: NodeJS.Signals) => {
    if (!gone) signalGroup(pid, what)
  }
  try {
    const ready = await readyLine(name, child, ended, options)
    return {
      name,
      pid: pid ?? 0,
      ready,
      ended,
      hold: () => signal('SIGSTOP'),
      release: () => signal('SIGCONT'),
      async end(withinMs) {
        signal('SIGTERM')
        signal('SIGCONT')
        const late = setTimeout(() => signal('SIGKILL'), withinMs)
        await ended
        clearTimeout(late)
      },
      kill: () => signal('SIGKILL'),
    }
  } catch (error) {
    signal('SIGKILL')
    throw error
  }
}

function readyLine(
  name: string,
  child: ChildProcess,
  ended: Promise<string>,
  { readyWithinMs, logPath }: ChildOptions,
): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${name} is not ready after ${readyWithinMs / 1000} s${lastWords(logPath)}`)),
      readyWithinMs,
    )
    void ended.then((how) => {
      clearTimeout(late)
      reject(new Error(how))
    })
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = asRecord(line)
      if (said?.ready !== true) return
      clearTimeout(late)
      resolve(said)
    })
  })
}

/** Sends a signal to the whole process group of a child; no failure when it has gone already. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // gone
  }
}

function lastWords(logPath: string): string {
  try {
    const lines = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-lastLines)
    return lines.join('') === '' ? '' : `; the end of ${logPath}:\n${lines.map((line) => `  ${line}`).join('\n')}`
  } catch {
    return ''
  }
}

function asRecord(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return value !== null && typeof value === 'object' ? { ...value } : undefined
  } catch {
    return undefined
  }
}
