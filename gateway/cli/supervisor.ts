/**
 * What systemd is told of this process, if it is what started it: that it is ready, that it stops, and that it goes on.
 * The last comes from the thread that keeps the leases: when that stands still, systemd ends the process, and a new one
 * reads before it writes. Node has no datagrams of AF_UNIX, so `systemd-notify` sends them, which every systemd brings;
 * a call costs some milliseconds, beside this process.
 * Read next: run.ts, ship/debian/latchkey.service.
 */
import { spawn } from 'node:child_process'
import type { Io } from './site.ts'

export type Supervisor = { ready(): void; stopping(): void }

/** Of the time that systemd waits for a word: two may be lost. */
const SHARE = 4

/** `failed` is called once, when a word cannot be sent: the watchdog will end the process then. */
export function createSupervisor(env: Io['env'], failed: (why: Error) => void): Supervisor {
  if (env.NOTIFY_SOCKET === undefined) return { ready() {}, stopping() {} }
  let hasFailed = false
  let isReady = false
  const send = (word: string) => {
    const child = spawn('systemd-notify', [word], { stdio: 'ignore' })
    child.once('error', (error) => {
      if (!hasFailed) failed(error)
      hasFailed = true
    })
    child.unref()
  }
  return {
    ready() {
      if (isReady) return
      isReady = true
      send('READY=1')
      const everyMs = Number(env.WATCHDOG_USEC ?? 0) / 1000 / SHARE
      if (everyMs > 0) setInterval(() => send('WATCHDOG=1'), everyMs).unref()
    },
    stopping: () => send('STOPPING=1'),
  }
}
