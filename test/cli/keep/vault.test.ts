/** A backup opens for one reader, and only as it was written. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createUnpacker, piecesOf, toMemory } from '../../../gateway/cli/keep/pieces.ts'
import { newPair, newSecret, open, PIECE, seal, vaultFor, vaultOf } from '../../../gateway/cli/keep/vault.ts'

const reader = newPair()
const secret = newSecret()
const vault = vaultFor(reader.line, secret)
const theirs = vaultOf(Buffer.concat([vault.head, Buffer.from('more')]), reader.secret)

describe('the vault', () => {
  it('opens for its reader, and is the same bytes again for the same secret', () => {
    const sealed = seal(vault, 3, false, Buffer.from('text'))
    expect(open(theirs, 3, false, sealed).toString()).toBe('text')
    expect(seal(vaultFor(reader.line, secret), 3, false, Buffer.from('text')).equals(sealed)).toBe(true)
    expect(seal(vaultFor(reader.line, newSecret()), 3, false, Buffer.from('text')).equals(sealed)).toBe(false)
  })

  it.each<[string, (sealed: Buffer) => unknown]>([
    [
      'a bit is changed',
      (sealed) =>
        open(
          theirs,
          0,
          true,
          sealed.map((byte, at) => (at === 2 ? byte ^ 1 : byte)),
        ),
    ],
    ['it is moved', (sealed) => open(theirs, 1, true, sealed)],
    ['what follows is cut off', () => open(theirs, 0, true, seal(vault, 0, false, Buffer.from('text')))],
    ['the head is another', (sealed) => open({ ...theirs, head: Buffer.from('{}\n') }, 0, true, sealed)],
  ])('stays shut when %s', (_, work) => {
    expect(() => work(seal(vault, 0, true, Buffer.from('text')))).toThrow('not as it was written')
  })

  it('says whose key it needs', () => {
    expect(() => vaultOf(vault.head, newPair().secret)).toThrow('for another key')
    expect(() => vaultOf(Buffer.from('PK\n'), reader.secret)).toThrow('no backup')
    expect(() => vaultFor('latchkey-backup-1:short', secret)).toThrow('--to')
  })
})

describe('pieces', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-pieces-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('hold every file, also empty ones and those that fill a piece', () => {
    const files = { a: '', b: 'x'.repeat(PIECE * 2), c: 'end' }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const found = new Map<string, string>()
    const unpacker = createUnpacker(toMemory(() => true, found))
    const pieces = [...piecesOf(folder, Object.keys(files))]
    for (const { bytes } of pieces) unpacker.take(bytes)
    unpacker.end()
    expect(Object.fromEntries(found)).toEqual(files)
    expect(pieces.map(({ isLast }) => isLast)).toEqual([false, false, true])
  })

  it.each(['/etc/passwd', '../up', 'a/../../b'])('take no file named %s', (path) => {
    const unpacker = createUnpacker(toMemory(() => true, new Map()))
    expect(() => unpacker.take(Buffer.from(`${JSON.stringify({ path, size: 0 })}\n`))).toThrow('cannot be')
  })
})
