/** What a broker or store refused, seen and sent again by a person, with no gateway running. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { clearCommand } from '../../gateway/cli/clear.ts'
import { prepareCommand } from '../../gateway/cli/prepare.ts'
import { type SinksTask, sinksCommand } from '../../gateway/cli/sinks.ts'
import { takeLock } from '../../gateway/control/host/lock.ts'
import { openWriter } from '../../gateway/ledger/store/database.ts'
import { createReader } from '../../gateway/ledger/store/reader.ts'
import { createWriter } from '../../gateway/ledger/store/writer.ts'
import { goodSite, openFolder } from '../config/site-folder.ts'
import { metered, range } from '../front/sinks/ledger.ts'

const folder = openFolder()
afterAll(() => folder.remove())

test('what asks a broker or a store wants its secret, and a gateway without a broker has nothing to clear', async () => {
  const site = goodSite
    .replace('version: 4 }', `version: 4, username: gateway, password: "\${env:BROKER}" }`)
    .replace('database: latchkey }', `database: latchkey, username: gateway, password: "\${env:STORE}" }`)
  folder.write({ 'site.yaml': site })
  const said: string[] = []
  const io = {
    stdout: { write: (text: string) => said.push(text) },
    stderr: { write: (text: string) => said.push(text) },
  }
  const path = join(folder.path, 'site.yaml')
  for (const command of [prepareCommand, clearCommand]) {
    said.length = 0
    expect(await command(path, { ...io, env: {} })).toBe(1)
    expect(said.join('')).toMatch(/BROKER[\s\S]*STORE/)
  }
  folder.write({ 'site.yaml': goodSite })
  said.length = 0
  expect(await clearCommand(path, { ...io, env: {} })).toBe(1)
  expect(said.join('')).toMatch(/no gateway ever ran in /)
})

test('entries that were set aside are listed, shown, given up, and sent again from the first on', async () => {
  const { config } = folder.good({})
  const path = join(config.dataDir, 'ledger.sqlite')
  mkdirSync(config.dataDir, { recursive: true })
  const writer = createWriter(openWriter(path), { site: config.site, simulated: new Set() })
  writer.commit([range(0, 20).map((n) => metered(n))])
  for (const seq of [9, 12, 14]) writer.park('influx', String(seq), `field type conflict ${seq}`, 0)
  writer.park('mqtt', '3', 'too large', 0)
  for (const sink of ['influx', 'mqtt']) writer.setCursor(sink, 20, 7)
  writer.close()
  const run = async (task: SinksTask) => {
    let said = ''
    const write = (text: string) => {
      said += text
    }
    const code = await sinksCommand(join(folder.path, 'site.yaml'), task, {
      stdout: { write },
      stderr: { write },
      env: {},
    })
    return { code, said }
  }
  const recorded = () => {
    const reader = createReader(path)
    const { nextSeq } = reader.head()
    const bodies = reader.entries(20, nextSeq).map(({ kind, body }) => [kind, body.data])
    reader.close()
    return bodies
  }
  const state = () => {
    const reader = createReader(path)
    const held = reader.parkedItems().map(({ sink, seq }) => `${sink} ${seq}`)
    const cursors = [reader.cursor('influx'), reader.cursor('mqtt')]
    reader.close()
    return { held, next: cursors.map((cursor) => [cursor?.next, cursor?.nextSample]) }
  }

  expect((await run({ do: 'list', json: false })).said).toMatch(/^influx 9 .* field type conflict 9\ninflux 12 /)
  expect((await run({ do: 'show', seq: 12 })).said).toMatch(/"seq": 12,[\s\S]*"kind": "MeterSampled"/)
  const behind = { behind: 0, behindS: 0, perSecond: 0 }
  expect(JSON.parse((await run({ do: 'status', json: true, overMs: 10 })).said)).toEqual([
    { sink: 'influx', ...behind, parked: 3 },
    { sink: 'mqtt', ...behind, parked: 1 },
  ])
  const who = { by: 'Wang', reason: 'a wrong unit' }
  expect(await run({ do: 'drop', sink: 'influx', seq: 9, ...who })).toMatchObject({ code: 0 })
  expect(recorded()).toEqual([
    ['ParkedHandled', { sink: 'influx', entry: 9, what: 'drop', refused: 'field type conflict 9', ...who }],
  ])
  expect(state().held).toEqual(['influx 12', 'influx 14', 'mqtt 3'])

  const lock = takeLock(join(config.dataDir, 'lock'), 'a gateway')
  expect(await run({ do: 'release', sink: 'influx' })).toMatchObject({ code: 1 })
  lock.close()
  expect(await run({ do: 'release', sink: 'influx' })).toMatchObject({ code: 0 })
  const after = {
    held: ['mqtt 3'],
    next: [
      [12, 7],
      [20, 7],
    ],
  }
  expect(state()).toEqual(after)
  expect(await run({ do: 'release', sink: 'influx' })).toMatchObject({ code: 1 })
  expect(state()).toEqual(after)
})
