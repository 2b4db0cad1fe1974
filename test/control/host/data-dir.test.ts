/** The data folder of one site and one process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDataDir } from '../../../gateway/control/host/data-dir.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-data-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a second gateway is refused in words, and the folder is free again when the first is gone', () => {
  const first = openDataDir(join(folder, 'data'), 'halle')
  expect(() => openDataDir(join(folder, 'data'), 'halle')).toThrow('is held by another gateway. Stop it first')
  first.unlock()
  openDataDir(join(folder, 'data'), 'halle').unlock()
})

test('the data of one site is never continued under the name of another', () => {
  openDataDir(join(folder, 'data'), 'halle').unlock()
  const other = () => openDataDir(join(folder, 'data'), 'halle-2')
  expect(other).toThrow('is the data of site halle, and the site file says halle-2: write site: halle, or use another')
  openDataDir(join(folder, 'data'), 'halle').unlock()
})

test('a file where the folder should be is named', () => {
  writeFileSync(join(folder, 'data'), '')
  expect(() => openDataDir(join(folder, 'data'), 'halle')).toThrow(
    'cannot be made: a file of this name is there. Mend that, or name another folder as dataDir',
  )
})
