/**
 * A control group with a limit of memory, as a service has one from systemd: whatever is started in it shares what it
 * may take. Needs root, and a kernel that lets it make one.
 */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scope } from './proof.ts'

/** Version 1 of control groups has a folder per controller. */
const ROOTS = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max' },
]

/** What to put before a command that is to run in it. */
export function memoryCage(scope: Scope, bytes: number): readonly string[] {
  const { root, limit } = ROOTS.find(({ root }) => existsSync(root))!
  const folder = join(root, `latchkey-${process.pid}`)
  mkdirSync(folder)
  // The last of its processes may still be ending.
  scope.defer(() => {
    try {
      rmdirSync(folder)
    } catch {
      // An empty group costs nothing.
    }
  })
  writeFileSync(join(folder, limit), String(bytes))
  return ['sh', '-c', `echo $$ > ${join(folder, 'cgroup.procs')} && exec "$@"`, 'sh']
}
