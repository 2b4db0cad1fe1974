/** What a spare keeps is what the active box has written, and what only it had is put aside. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKept } from '../../../gateway/control/pair/kept.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createReader } from '../../../gateway/ledger/store/reader.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-kept-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = { wallMs: 1, monoNs: '1', bootId: 'b', clock: 'unknown' } as const
const entry = (link: string): Change => ({
  kind: 'entry',
  entry: { kind: 'LinkLost', version: 1, at, data: { link } },
})
const spent: Change = { kind: 'token-used', jti: 'j', session: 's', expMs: 1 }
const row = (fencingCounter: number): Change => ({ kind: 'machine', row: { machine: 'm', fencingCounter } })

function activeBox() {
  const path = join(folder, 'active.sqlite')
  const writer = createWriter(openWriter(path), { site: 's', simulated: new Set(), paired: true })
  const write = (...changes: Change[]) => {
    writer.commit([changes])
    return Buffer.from(writer.takeChanges()!)
  }
  return { write, close: writer.close, path }
}

function ledgerOf(path: string) {
  const reader = createReader(path)
  const { nextSeq } = reader.head()
  const all = {
    entries: reader.entries(0, nextSeq),
    spent: reader.usedTokens(),
    machines: reader.machines(),
  }
  reader.close()
  return all
}

function spareBox(name = 'spare') {
  const dataDir = join(folder, name)
  mkdirSync(dataDir)
  const kept = createKept(dataDir)
  const copy = (path: string, n: number, to = n) => {
    const file = { kind: 'file', path: 'ledger.sqlite', first: true } as const
    kept.takeFile(file, readFileSync(path))
    return kept.takeCopied({ kind: 'copied', run: 'r', from: n, to })
  }
  return { dataDir, kept, copy, path: join(dataDir, 'ledger.sqlite') }
}

describe('a spare', () => {
  it('has each change, rows and entries alike, also those that its copy has already', () => {
    const active = activeBox()
    const spare = spareBox()
    const before = [active.write(entry('a'), row(1)), active.write(spent, row(2))]
    active.close()
    spare.copy(active.path, 0, 2)
    for (const [index, bytes] of before.entries()) spare.kept.takeChanges(index + 1, bytes)
    const again = activeBox()
    spare.kept.takeChanges(3, again.write(entry('b'), row(3)))
    spare.kept.close()
    again.close()
    expect(ledgerOf(spare.path)).toEqual(ledgerOf(active.path))
    expect(ledgerOf(spare.path)).toMatchObject({ machines: [{ fencingCounter: 3 }] })
  })

  it('takes no change that does not follow or does not fit', () => {
    const active = activeBox()
    const spare = spareBox()
    const first = active.write(entry('a'), row(1))
    active.close()
    spare.copy(active.path, 1)
    expect(() => spare.kept.takeChanges(3, first)).toThrow('does not follow')
    expect(() => spare.kept.takeChanges(2, first)).toThrow('does not fit')
    spare.kept.close()
  })

  it('that has entries of its own keeps them apart', () => {
    const active = activeBox()
    active.write(entry('a'))
    active.close()
    const spare = spareBox()
    const own = createWriter(openWriter(spare.path), { site: 's', simulated: new Set() })
    own.commit([[entry('only here')]])
    own.close()
    const tail = spare.copy(active.path, 1)
    spare.kept.close()
    expect(ledgerOf(spare.path)).toEqual(ledgerOf(active.path))
    expect(ledgerOf(join(tail!, 'ledger.sqlite')).entries).toMatchObject([{ body: { data: { link: 'only here' } } }])
    expect(readdirSync(spare.dataDir)).not.toContain('pair-copy')
  })

  it('that was killed as it took a copy reads nothing of the ledger before', () => {
    const active = activeBox()
    active.write(entry('a'))
    active.close()
    const spare = spareBox()
    const own = openWriter(spare.path)
    createWriter(own, { site: 's', simulated: new Set() }).commit([[entry('before')]])
    copyFileSync(`${spare.path}-wal`, join(folder, 'wal'))
    own.close()
    rmSync(spare.path)
    copyFileSync(join(folder, 'wal'), `${spare.path}-wal`)
    spare.copy(active.path, 1)
    spare.kept.close()
    expect(ledgerOf(spare.path)).toEqual(ledgerOf(active.path))
  })

  it('goes on from what an earlier one of its process has kept', () => {
    const active = activeBox()
    active.write(entry('a'), row(1))
    const spare = spareBox()
    copyFileSync(active.path, join(folder, 'copy.sqlite'))
    active.close()
    spare.copy(active.path, 1)
    const { has } = spare.kept
    spare.kept.close()
    const again = activeBox()
    const next = createKept(spare.dataDir, has)
    next.takeChanges(2, again.write(entry('b'), row(2)))
    next.close()
    again.close()
    expect(ledgerOf(spare.path)).toEqual(ledgerOf(active.path))
  })

  it('keeps a configuration by its id alone', () => {
    const { kept, dataDir } = spareBox()
    const id = 'ab'.repeat(32)
    kept.takeConfiguration(id, Buffer.from('{}'))
    expect(readdirSync(join(dataDir, 'configurations'))).toEqual([`${id}.json`])
    expect(() => kept.takeConfiguration('../x', Buffer.from(''))).toThrow('cannot be')
  })

  it('takes no file that lies elsewhere', () => {
    const { kept } = spareBox()
    const file = { kind: 'file', path: '../keys.json', first: true } as const
    expect(() => kept.takeFile(file, Buffer.from(''))).toThrow('cannot be')
  })
})
