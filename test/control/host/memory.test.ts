/** What is left of memory, as the kernel's files say it. */
import { describe, expect, it } from 'vitest'
import { availableMemory } from '../../../gateway/control/host/memory.ts'

const MIB = 1_048_576
const FREE = 4096 * MIB
const left = (files: Readonly<Record<string, string | number>>) =>
  availableMemory((path) => files[path]?.toString(), FREE) / MIB

/** As under the unit: 768 MiB, of which 700 are taken, 400 of them by files that were read. */
const group = {
  'memory.max': 1024 * MIB,
  'memory.high': 768 * MIB,
  'memory.current': 700 * MIB,
  'memory.stat': `anon ${300 * MIB}\nfile ${400 * MIB}\ninactive_file ${350 * MIB}\nactive_file ${50 * MIB}\nshmem 0`,
}
const at = (folder: string, files: object) =>
  Object.fromEntries(Object.entries(files).map(([name, value]) => [`${folder}/${name}`, value]))

describe('the memory that is left', () => {
  const unit = { '/proc/self/cgroup': '0::/system.slice/latchkey.service' }
  const folder = '/sys/fs/cgroup/system.slice/latchkey.service'

  it('is that of the control group, whose files the kernel gives back', () => {
    expect(left({ ...unit, ...at(folder, group) })).toBe(768 - 300)
    expect(left({ ...unit, ...at(folder, { ...group, 'memory.high': 'max' }) })).toBe(1024 - 300)
  })

  it('is never below nothing, and never more than the computer has', () => {
    expect(left({ ...unit, ...at(folder, { ...group, 'memory.high': 200 * MIB }) })).toBe(0)
    expect(left({ ...unit, ...at(folder, { ...group, 'memory.max': 'max', 'memory.high': 'max' }) })).toBe(4096)
  })

  it('is that of a container, which sees its group in place of the root', () => {
    expect(left({ '/proc/self/cgroup': '0::/', ...at('/sys/fs/cgroup', group) })).toBe(468)
    expect(left({ '/proc/self/cgroup': '0::/../outside', ...at('/sys/fs/cgroup', group) })).toBe(468)
  })

  it('is that of an older control group', () => {
    const older = {
      'memory.limit_in_bytes': 512 * MIB,
      'memory.usage_in_bytes': 500 * MIB,
      'memory.stat': `cache ${200 * MIB}\ntotal_inactive_file ${150 * MIB}\ntotal_active_file ${40 * MIB}`,
    }
    const text = '4:cpu,memory:/box\n1:name=systemd:/box\n0::/'
    expect(left({ '/proc/self/cgroup': text, ...at('/sys/fs/cgroup/memory/box', older) })).toBe(512 - 310)
  })

  it('is that of the computer where no control group says anything', () => {
    expect(left({})).toBe(4096)
    expect(left({ '/proc/self/cgroup': '0::/' })).toBe(4096)
  })
})
