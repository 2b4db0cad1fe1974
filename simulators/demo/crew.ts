/**
 * The processes of the demo together: when one ends by itself all of it has failed, and all are ended together, the
 * gateway first. A warden outlives the demo by a moment, so that none is left behind even by SIGKILL.
 * Next: child.ts, warden.ts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Child, signalGroup, startChild } from './child.ts'

export type Crew = Readonly<{
  /** Runs a program until it says that it is ready; rejects with its last words. */
  start(name: string, args: readonly string[]): Promise<Child>
  /** Rejects, saying which and how, as soon as one that was ready ends by itself. */
  broken: Promise<never>
  /** Ends all, the last one started first. Idempotent. */
  close(): Promise<void>
  /** At once, without goodbye. */
  kill(): void
}>

const readyWithinMs = 30_000
/** For the last one started, which is the gateway, and for the others. */
const lastEndMs = 8_000
const endMs = 3_000

/** `onChange` is told who is there, by name, at each start and end; the first time with nobody but the warden. */
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
