/**
 * The processes of the demo together. When one ends by itself, the demo has failed; all are ended together, the gateway
 * first. A warden outlives the demo by a moment, so that no process is left behind even after SIGKILL.
 * Next: child.ts, warden.ts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Child, signalGroup, startChild } from './child.ts'

export type Crew = Readonly<{
  /** Starts a program and waits for its ready line; a rejection quotes its last log lines. */
  start(name: string, args: readonly string[]): Promise<Child>
  /** Rejects as soon as a program that was ready ends by itself; the message names it and how it ended. */
  broken: Promise<never>
  /** Ends all programs, the last one started first. Idempotent. */
  close(): Promise<void>
  /** Sends SIGKILL to all programs. */
  kill(): void
}>

const readyWithinMs = 30_000
/** Longest wait for the end of the last one started, which is the gateway, and for that of the others. */
const lastEndMs = 8_000
const endMs = 3_000

/** `onChange` gets the running processes by name at each start and end; at the first call only the warden runs. */
export function openCrew(logFolder: string, onChange: (processes: Readonly<Record<string, number>>) => void): Crew {
  const children: Child[] = []
  const pids = new Map<string, number>()
  let closing: Promise<void> | undefined
  let onBroken: (how: string) => void = () => undefined
  const broken = new Promise<never>((_resolve, reject) => {
    onBroken = (how) => {
      if (!closing) reject(new Error(how))
    }
  })
  broken.catch(() => undefined)

  const warden = spawn(process.execPath, [join(import.meta.dirname, 'warden.ts')], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  const wardenGone = once(warden, 'exit').catch(() => undefined)
  void wardenGone.then(() => onBroken('the warden of the demo ended'))
  warden.stdin.on('error', () => undefined)
  const changed = () => {
    if (!closing) onChange({ warden: warden.pid ?? 0, ...Object.fromEntries(pids) })
  }
  changed()

  async function start(name: string, args: readonly string[]): Promise<Child> {
    if (closing) throw new Error('the demo is ending')
    const child = await startChild(name, {
      args,
      logPath: join(logFolder, `${name}.log`),
      readyWithinMs,
      onStart(pid) {
        warden.stdin.write(`+${pid}\n`)
        pids.set(name, pid)
        changed()
      },
      onEnd(pid) {
        warden.stdin.write(`-${pid}\n`)
        pids.delete(name)
        changed()
      },
    })
    children.push(child)
    void child.ended.then(onBroken)
    return child
  }

  function kill(): void {
    for (const pid of pids.values()) signalGroup(pid, 'SIGKILL')
  }

  async function closeAll(): Promise<void> {
    await children.at(-1)?.end(lastEndMs)
    await Promise.all(children.map((child) => child.end(endMs)))
    kill()
    warden.stdin.end()
    await wardenGone
  }

  return {
    start,
    broken,
    close() {
      closing ??= closeAll()
      return closing
    },
    kill,
  }
}
