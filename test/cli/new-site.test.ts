/** The first run: a site file that is good, with the key of its first technician; never in place of another. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadSite } from '../../config/load.ts'
import { readKeys } from '../../gateway/cli/keys.ts'
import { beginSite } from '../../gateway/cli/new-site.ts'
import { parseKey } from '../../gateway/front/api/caller/key.ts'
import { temporaryFolder } from '../support/folder.ts'

test.each([
  ['site.yaml', 'west-hall'],
  ['Hall 2.yaml', 'hall-2'],
])('%s is begun as a good site without machines, named %s', async (file, name) => {
  const path = join(temporaryFolder(), 'West Hall', file)
  const key = await beginSite(path, '127.0.0.1:8123')
  const loaded = loadSite(path, {})
  if (loaded.kind !== 'ok') throw new Error(JSON.stringify(loaded.faults))
  const { site, machines, links, api, dataDir } = loaded.config
  expect([site, machines, links, api.port]).toEqual([name, [], [], 8123])
  expect(readKeys(dataDir)).toMatchObject([{ id: parseKey(key)!.id, role: 'technician' }])
})

test('a file that is there stays as it is', async () => {
  const folder = temporaryFolder()
  mkdirSync(folder)
  const path = join(folder, 'site.yaml')
  writeFileSync(path, 'mine')
  await expect(beginSite(path)).rejects.toThrow('it is there already')
  expect(readFileSync(path, 'utf8')).toBe('mine')
})
