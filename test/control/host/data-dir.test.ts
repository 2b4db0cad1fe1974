/** The data folder of one site and one process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDataDir } from '../../../gateway/control/host/data-dir.ts'
import { runProcess } from '../../support/process.ts'

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

describe('a lock that is deleted while it is held', () => {
  const path = () => join(folder, 'data')
  const deleteIt = () => rmSync(join(path(), 'lock'))

  test('is put back by its holder', () => {
    const first = openDataDir(path(), 'halle')
    expect(first.keepLock()).toBe(false)
    deleteIt()
    expect(first.keepLock()).toBe(true)
    expect(first.keepLock()).toBe(false)
    expect(() => openDataDir(path(), 'halle')).toThrow('is held by another gateway')
    first.unlock()
    openDataDir(path(), 'halle').unlock()
  })

  test('is waited for by a second gateway, which does not start', async () => {
    const first = openDataDir(path(), 'halle')
    writeFileSync(join(path(), 'ledger.sqlite'), '')
    deleteIt()
    const module = new URL('../../../gateway/control/host/data-dir.ts', import.meta.url).href
    const begin = `import(${JSON.stringify(module)}).then(({ openDataDir }) => openDataDir(${JSON.stringify(path())}, 'halle'))`
    const second = runProcess(process.execPath, ['-e', begin]).then(
      () => 'started',
      (error: Error) => error.message,
    )
    const keeping = setInterval(() => first.keepLock(), 1000)
    expect(await second).toContain('is held by another gateway')
    clearInterval(keeping)
    first.unlock()
  })

  test('ends its holder, once another gateway has it', () => {
    const first = openDataDir(path(), 'halle')
    deleteIt()
    const second = openDataDir(path(), 'halle')
    expect(() => first.keepLock()).toThrow('is held by another gateway, which took it when it was deleted')
    second.unlock()
    first.unlock()
  })
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
