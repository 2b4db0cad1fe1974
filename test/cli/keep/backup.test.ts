/** A backup goes on where it was cut short, and a restore begins again: what comes of it is whole, or there is none. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadSite } from '../../../config/load.ts'
import { backupCommand } from '../../../gateway/cli/keep/backup.ts'
import { piecesOf } from '../../../gateway/cli/keep/pieces.ts'
import { restoreCommand } from '../../../gateway/cli/keep/restore.ts'
import { openStage } from '../../../gateway/cli/keep/stage.ts'
import { newPair, PIECE, seal, TAG, vaultFor } from '../../../gateway/cli/keep/vault.ts'
import { openDataDir } from '../../../gateway/control/host/data-dir.ts'
import { takeLock } from '../../../gateway/control/host/lock.ts'
import { logOf, readLogKeys } from '../../../gateway/control/host/log-key.ts'
import { writerOptions } from '../../../gateway/control/host/writer-options.ts'
import type { Stamp } from '../../../gateway/core/ground/entry.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createReader } from '../../../gateway/ledger/store/reader.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'

const SITE = `site: halle
timezone: Europe/Berlin
dataDir: ./data
api: { listen: 127.0.0.1:8080 }
links: { plc: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: 9 } }
machines: {}
`
const ENTRIES = 3
const DAY_MS = 86_400_000
const KEYS = `[${'"a key of somebody", '.repeat(20_000)}""]`
const reader = newPair()

const folder = mkdtempSync(join(tmpdir(), 'latchkey-keep-'))
const [site, data, keyPath] = ['site.yaml', 'data', 'key.pem'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
]
let file = join(folder, 'of-all.lkb')

beforeAll(() => {
  writeFileSync(site, SITE)
  fillData()
})
beforeEach(() => writeFileSync(keyPath, reader.secret))
afterEach(() => {
  vi.useRealTimers()
  for (const path of [box(), file, `${file}.part`, join(data, 'backup')]) rmSync(path, { recursive: true, force: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A ledger, its keys, and a file that takes some pieces. */
function fillData(): void {
  const { config } = loaded()
  const opened = openDataDir(data, config.site)
  const log = logOf(readLogKeys(opened.log.path))
  const writer = createWriter(openWriter(opened.ledgerPath), { ...writerOptions(config), log })
  const at: Stamp = { wallMs: Date.now(), monoNs: '1', bootId: 'b', clock: 'synchronised' }
  const change = { kind: 'entry', entry: { kind: 'LinkLost', version: 1, at, data: { link: 'x' } } } as const
  writer.commit([Array.from({ length: ENTRIES }, () => change)])
  writer.close()
  opened.unlock()
  writeFileSync(join(data, 'keys.json'), KEYS)
}

function loaded() {
  const found = loadSite(site, {})
  if (found.kind === 'faults') throw new Error(JSON.stringify(found.faults))
  return found
}

async function backup(to = reader.line) {
  const said = { out: '', err: '' }
  const io = { stdout: { write: (text: string) => (said.out += text) }, stderr: stderrOf(said), env: {} }
  const code = await backupCommand(site, file, { to, json: true, version: 'test' }, io)
  return { code, err: said.err, ...(JSON.parse(said.out || '{}') as { bytes?: number; wentOnFrom?: number }) }
}

function restore(sitePath = otherSite(), check = false) {
  const said = { err: '' }
  const io = { stdout: { write: () => true }, stderr: stderrOf(said), env: {} }
  return { code: restoreCommand(sitePath, file, { key: keyPath, check, json: true }, io), ...said }
}

const stderrOf = (said: { err: string }) => ({
  write: (text: string) => {
    said.err += text
  },
})

/** Of another box, in a folder of its own. */
const box = (...names: string[]) => join(folder, 'box', ...names)
function otherSite(): string {
  mkdirSync(box(), { recursive: true })
  writeFileSync(box('site.yaml'), SITE)
  return box('site.yaml')
}

function entriesIn(dataDir: string): number {
  const opened = createReader(join(dataDir, 'ledger.sqlite'))
  try {
    return opened.head().nextSeq
  } finally {
    opened.close()
  }
}

/** Where the first try was cut short: what it had written of the file. */
type Cut = (whole: Buffer, head: number) => Buffer
const SEALED = PIECE + TAG

describe('a backup that was cut short', () => {
  it.each<[string, Cut, (head: number) => number]>([
    ['before its first byte', () => Buffer.alloc(0), () => 0],
    ['after its head', (whole, head) => whole.subarray(0, head), (head) => head],
    ['within a piece', (whole, head) => whole.subarray(0, head + SEALED + 100), (head) => head + SEALED],
    [
      'with a sector that never came to the disk',
      (whole, head) => Buffer.from(whole).fill(0, head + SEALED + 512, head + SEALED + 1024),
      (head) => head + SEALED,
    ],
    ['after its last byte', (whole) => Buffer.concat([whole, Buffer.from('of an earlier file')]), () => Infinity],
  ])('%s goes on there, and is whole', async (_, cut, from) => {
    const { config, files } = loaded()
    const plan = { out: file, to: reader.line }
    const stage = openStage(config, files, plan, { nowMs: Date.now(), software: 'test' })
    const vault = vaultFor(reader.line, stage.secret)
    const parts = [...piecesOf(stage.folder, stage.files)].map((each) =>
      seal(vault, each.index, each.isLast, each.bytes),
    )
    const whole = Buffer.concat([vault.head, ...parts])
    expect(parts.length).toBeGreaterThan(3)
    writeFileSync(`${file}.part`, cut(whole, vault.head.length))

    expect(await backup()).toMatchObject({
      code: 0,
      bytes: whole.length,
      wentOnFrom: Math.min(whole.length, from(vault.head.length)),
    })
    expect(readFileSync(file).equals(whole)).toBe(true)
    expect([existsSync(`${file}.part`), existsSync(join(data, 'backup'))]).toEqual([false, false])
    expect(restore()).toMatchObject({ code: 0 })
    expect(readFileSync(box('data', 'keys.json'), 'utf8')).toBe(KEYS)
  })

  it('for another reader begins anew, and nothing of it can be read by the first', async () => {
    const { config, files } = loaded()
    openStage(config, files, { out: file, to: newPair().line }, { nowMs: Date.now(), software: 'test' })
    expect(await backup()).toMatchObject({ code: 0, wentOnFrom: 0 })
    writeFileSync(keyPath, newPair().secret)
    expect(restore()).toMatchObject({ code: 1, err: expect.stringContaining('for another key') })
    expect(existsSync(box('data'))).toBe(false)
  })
})

describe('a backup that cannot be', () => {
  it.each<[string, () => void, string]>([
    ['is not written over another', () => writeFileSync(file, ''), 'is there already'],
    [
      'is not begun beside another',
      () => void Object.assign(held, { lock: takeLock(join(data, 'backup.lock'), 'x') }),
      'held by another backup',
    ],
    ['says what the disk would not take', () => mkdirSync(`${file}.part`), 'EISDIR'],
  ])('%s', async (_, prepare, why) => {
    prepare()
    expect(await backup()).toMatchObject({ code: 1, err: expect.stringContaining(why) })
    held.lock?.close()
    delete held.lock
  })
  const held: { lock?: ReturnType<typeof takeLock> } = {}

  it('needs a folder', async () => {
    const there = file
    file = join(folder, 'none', 'file.lkb')
    expect(await backup()).toMatchObject({ code: 1, err: expect.stringContaining('there is no folder') })
    file = there
  })

  it('copies no ledger for a reader that is none', async () => {
    expect(await backup('latchkey-backup-1:short')).toMatchObject({ code: 1, err: expect.stringContaining('--to') })
    expect(existsSync(join(data, 'backup'))).toBe(false)
  })
})

describe('a restore', () => {
  let whole: Buffer
  beforeAll(async () => {
    expect(await backup()).toMatchObject({ code: 0 })
    whole = readFileSync(file)
  })
  beforeEach(() => writeFileSync(file, whole))

  it('is cut short after each of its steps, and begun again is whole', () => {
    expect(restore()).toMatchObject({ code: 0 })
    const names = readdirSync(box('data')).filter((name) => !name.startsWith('lock'))
    expect(names).toEqual(expect.arrayContaining(['keys.json', 'ledger.sqlite', 'log.key', 'logs', 'superseded.json']))
    rmSync(box(), { recursive: true })
    // Nothing unpacked yet, something of it, and everything but the last file moved.
    for (const moved of [0, 1, names.length - 1]) {
      otherSite()
      mkdirSync(box('data', 'restoring'), { recursive: true })
      writeFileSync(box('data', 'restoring', 'ledger.sqlite'), 'half of')
      for (const name of names.filter((each) => each !== 'ledger.sqlite').slice(0, moved))
        writeFileSync(box('data', name), 'of the first try')
      expect(() => openDataDir(box('data'), 'halle')).toThrow('run latchkey restore again')
      expect(restore(box('site.yaml'))).toMatchObject({ code: 0 })
      // The log before, and the new one that names it.
      expect(entriesIn(box('data'))).toBeGreaterThan(0)
      expect(readFileSync(box('data', 'keys.json'), 'utf8')).toBe(KEYS)
      expect(existsSync(box('data', 'restoring'))).toBe(false)
      openDataDir(box('data'), 'halle').unlock()
      rmSync(box(), { recursive: true })
    }
  })

  it.each(['ledger.sqlite', 'ledger.sqlite-wal', 'keys.json', 'log.key'])(
    'never touches a %s that is there',
    (name) => {
      const sitePath = otherSite()
      mkdirSync(box('data'))
      writeFileSync(box('data', 'lock'), '')
      writeFileSync(box('data', name), 'of somebody')
      for (const _ of ['once', 'again'])
        expect(restore(sitePath)).toMatchObject({ code: 1, err: expect.stringContaining(`has ${name} already`) })
      expect(readFileSync(box('data', name), 'utf8')).toBe('of somebody')
      expect(existsSync(box('data', 'restoring'))).toBe(false)
    },
  )

  it('goes into a folder that has something of the disk', () => {
    const sitePath = otherSite()
    mkdirSync(box('data', 'lost+found'), { recursive: true })
    expect(restore(sitePath)).toMatchObject({ code: 0 })
    expect(existsSync(box('data', 'lost+found'))).toBe(true)
  })

  it('of a day ago refuses every token that was issued until now', () => {
    const tomorrowMs = Date.now() + DAY_MS
    vi.useFakeTimers({ toFake: ['Date'], now: tomorrowMs })
    expect(restore()).toMatchObject({ code: 0 })
    const opened = createReader(box('data', 'ledger.sqlite'))
    expect(opened.restoredAtMs()).toBeGreaterThanOrEqual(tomorrowMs)
    opened.close()
  })

  it('waits for a clock that is right, since it judges tokens by it', () => {
    const sitePath = otherSite()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - DAY_MS })
    expect(restore(sitePath)).toMatchObject({
      code: 1,
      err: expect.stringContaining('set the clock of this box first'),
    })
    vi.useRealTimers()
    expect(restore(sitePath)).toMatchObject({ code: 0 })
  })

  it('is refused while a gateway runs there', () => {
    const sitePath = otherSite()
    const opened = openDataDir(box('data'), 'halle')
    expect(restore(sitePath)).toMatchObject({ code: 1, err: expect.stringContaining('Stop it first') })
    opened.unlock()
  })

  it('of a torn file writes nothing, wherever it is torn', () => {
    for (const bytes of [0, 40, 500, PIECE, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, bytes))
      expect(restore()).toMatchObject({ code: 1 })
      expect(existsSync(box('data'))).toBe(false)
    }
  })
})
