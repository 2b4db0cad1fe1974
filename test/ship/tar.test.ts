/** Archives are read by the programs of others, and follow from what is in them alone. */
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { arOf, tarOf } from '../../gateway/ship/tar.ts'

const long = `${'folder-of-a-library/'.repeat(6)}file.js`
const files = [
  { path: long, bytes: Buffer.from('one'), isExecutable: false },
  { path: 'bin/node', bytes: Buffer.alloc(1025, 7), isExecutable: true },
]

describe('an archive', () => {
  it('is what tar reads, with long paths, modes and root as owner', () => {
    const listed = execFileSync('tar', ['--list', '--gzip', '--verbose', '--numeric-owner'], {
      input: tarOf(files, 1_700_000_000),
      encoding: 'utf8',
    })
    expect(listed).toMatch(/-rwxr-xr-x 0\/0 +1025 .* \.\/bin\/node/)
    expect(listed).toContain(`./${long}`)
    expect(listed).toMatch(/drwxr-xr-x 0\/0 +0 .* \.\/bin\//)
  })

  it('is the same in whatever order its files came', () => {
    expect(tarOf(files, 1).equals(tarOf([...files].reverse(), 1))).toBe(true)
    expect(tarOf(files, 1).equals(tarOf(files, 2))).toBe(false)
  })

  it('refuses a path that fits no header', () => {
    const path = 'x'.repeat(200)
    expect(() => tarOf([{ path, bytes: Buffer.alloc(0), isExecutable: false }], 1)).toThrow('too long')
  })

  it('of ar has its members on even places', () => {
    const ar = arOf(
      [
        { name: 'a', bytes: Buffer.from('odd') },
        { name: 'b', bytes: Buffer.from('even') },
      ],
      0,
    )
    expect(ar.toString('latin1')).toMatch(/^!<arch>\na {15}0 {11}0 {5}0 {5}100644 {2}3 {9}`\nodd\nb /)
  })
})
