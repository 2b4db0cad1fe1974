/** What a process costs, read from /proc as Linux keeps it: all its threads together. Read next: pair.ts. */
import { readdirSync, readFileSync } from 'node:fs'
import { pause } from '../support/proof.ts'

/** USER_HZ: the unit of times in /proc, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
/** Fields of /proc/PID/stat behind the name, counted from 0: process group, utime and stime. */
const GROUP = 2
const UTIME = 11
const STIME = 12

export type Cost = {
  /** Of one core; 1.5 is one and a half. */
  readonly cpu: number
  /** Resident memory at the end, MB of 2^20 bytes. */
  readonly rssMb: number
}

/** Milliseconds on a processor since the process started. Throws when it is gone. */
export function cpuMs(pid: number): number {
  const fields = statOf(pid)
  return ((Number(fields[UTIME]) + Number(fields[STIME])) * 1000) / TICKS_PER_SECOND
}

/** The same of all processes of a group. */
export function groupCpuMs(group: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.reduce((sum, pid) => {
    try {
      return Number(statOf(Number(pid))[GROUP]) === group ? sum + cpuMs(Number(pid)) : sum
    } catch {
      return sum // it has ended
    }
  }, 0)
}

function statOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

export function rssMb(pid: number): number {
  const [, kB] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
  if (kB === undefined) throw new Error(`process ${pid} has ended`)
  return Number(kB) / 1024
}

/** What a process costs from now on, for so long. */
export async function costOver(pid: number, ms: number): Promise<Cost> {
  const [from, fromMs] = [cpuMs(pid), performance.now()]
  await pause(ms)
  return { cpu: (cpuMs(pid) - from) / (performance.now() - fromMs), rssMb: rssMb(pid) }
}

/** Of at least one number; `share` 0.5 is the median, 0.99 what one in a hundred passes. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
  return low + (high - low) * (place - Math.floor(place))
}
