/**
 * Outlives the demo by a moment. However the demo dies, its pipe to this program closes; this program then ends what
 * the demo had started. Lines on stdin: `+<pid>` for a process that leads a group, `-<pid>` once it has gone.
 */
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { signalGroup } from './child.ts'

const graceMs = 3_000
const lookEveryMs = 50

const groups = new Set<number>()
for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1))
  if (!Number.isInteger(pid) || pid <= 1) continue
  if (line.startsWith('+')) groups.add(pid)
  else groups.delete(pid)
}

for (const signal of ['SIGTERM', 'SIGCONT'] as const) for (const pid of groups) signalGroup(pid, signal)
for (let waitedMs = 0; waitedMs < graceMs && [...groups].some(lives); waitedMs += lookEveryMs) await pause(lookEveryMs)
for (const pid of groups) signalGroup(pid, 'SIGKILL')

function lives(pid: number): boolean {
  try {
    return process.kill(-pid, 0)
  } catch {
    return false
  }
}
