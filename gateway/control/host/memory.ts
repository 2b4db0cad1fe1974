/**
 * How much memory the gateway can still get: of this computer, and of the control group that it runs in. What the
 * kernel keeps there of files counts as free, since the kernel gives it back. `process.availableMemory` counts it as
 * taken, so that a ledger which was read once would leave nothing. Read next: resources.ts.
 */
import { readFileSync } from 'node:fs'
import { freemem } from 'node:os'

/** The text of a file of the kernel; undefined where there is none. */
type Read = (path: string) => string | undefined

/** Where a control group says it: version 2, and version 1 beside it on older systems. */
type Names = {
  readonly limits: readonly string[]
  readonly used: string
  /** Members of `memory.stat` that are files. */
  readonly files: readonly string[]
}
const V2: Names = {
  limits: ['memory.max', 'memory.high'],
  used: 'memory.current',
  files: ['inactive_file', 'active_file'],
}
const V1: Names = {
  limits: ['memory.limit_in_bytes'],
  used: 'memory.usage_in_bytes',
  files: ['total_inactive_file', 'total_active_file'],
}

export function availableMemory(read: Read = readKernel, freeBytes: number = freemem()): number {
  return Math.min(freeBytes, ...groupsOf(read('/proc/self/cgroup') ?? '').map((group) => leftIn(group, read)))
}

type Group = { readonly folders: readonly string[]; readonly names: Names }

/** A container sees the path of its group, or the group itself in place of the root. */
function groupsOf(text: string): Group[] {
  return text.split('\n').flatMap((line): Group[] => {
    const [id, controllers = '', path = ''] = line.split(':')
    if (id === '0') return [{ folders: [`/sys/fs/cgroup${path}`, '/sys/fs/cgroup'], names: V2 }]
    if (!controllers.split(',').includes('memory')) return []
    return [{ folders: [`/sys/fs/cgroup/memory${path}`, '/sys/fs/cgroup/memory'], names: V1 }]
  })
}

function leftIn({ folders, names }: Group, read: Read): number {
  for (const folder of folders) {
    const used = read(`${folder}/${names.used}`)
    if (used === undefined) continue
    // `max` is no number: no limit.
    const limits = names.limits.map((name) => Number(read(`${folder}/${name}`) ?? Number.NaN)).filter(Number.isFinite)
    const stat = read(`${folder}/memory.stat`) ?? ''
    const files = names.files.map((name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0))
    const held = Number(used) - files.reduce((sum, bytes) => sum + bytes, 0)
    return Math.max(0, Math.min(...limits) - held)
  }
  return Number.POSITIVE_INFINITY
}

function readKernel(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}
