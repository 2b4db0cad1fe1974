/** A new log takes the place of an old one, or does not: nothing in between, wherever it is cut short. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openDataDir } from '../../../gateway/control/host/data-dir.ts'
import { logOf, readLogKeys } from '../../../gateway/control/host/log-key.ts'
import { prepareNewLog, stepsOf } from '../../../gateway/control/host/new-log.ts'
import { writerOptions } from '../../../gateway/control/host/writer-options.ts'
import type { Stamp } from '../../../gateway/core/ground/entry.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import { issueBundle } from '../../../gateway/ledger/issue.ts'
import { keyLines } from '../../../gateway/ledger/log/log-keys.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createReader } from '../../../gateway/ledger/store/reader.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'
import { verifyBundle } from '../../../gateway/ledger/verify/verifier.ts'
import { createBench } from '../../front/api/bench.ts'
import { NOW_MS, session } from '../../front/api/rows.ts'

const at: Stamp = { wallMs: NOW_MS, monoNs: '1', bootId: 'b', clock: 'synchronised' }
const entry = (): Change => ({ kind: 'entry', entry: { kind: 'LinkLost', version: 1, at, data: { link: 'x' } } })
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A data folder with a log of three entries, the last one unsigned, and the state that goes on. */
async function oldLog(...more: Change[]): Promise<{ dir: string; options: Parameters<typeof prepareNewLog>[1] }> {
  const bench = await createBench()
  const { config } = bench
  await bench.close()
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-new-log-'))
  folders.push(dir)
  const data = openDataDir(dir, config.site)
  const options = writerOptions(config)
  const writer = createWriter(openWriter(data.ledgerPath), { ...options, log: logOf(readLogKeys(data.log.path)) })
  writer.commit([[entry(), entry()]])
  writer.checkpoint(NOW_MS)
  writer.commit([
    [
      entry(),
      { kind: 'session', session: session({ status: 'ended' }) },
      { kind: 'pseudonym', tenant: 'tenant-a', ref: 't-1' },
      { kind: 'token-used', jti: 'j-1', session: 's-1', expMs: NOW_MS },
      { kind: 'machine', row: { machine: 'saw-1', fencingCounter: 41 } },
      { kind: 'booking-snapshot', version: 7 },
      ...more,
    ],
  ])
  writer.setCursor('mqtt', 1, 1)
  writer.close()
  data.unlock()
  return { dir, options: { site: config.site, reason: 'rolled back', writer: options, stamp: () => at } }
}

function look(path: string) {
  const reader = createReader(path)
  const lines = keyLines(reader.logKeys())
  const verdict = verifyBundle(
    Buffer.concat([...issueBundle(reader, 'test-site')].map((piece) => Buffer.from(piece))),
    lines,
  )
  const seen = {
    faults: verdict.faults,
    entries: verdict.facts.entries,
    origin: reader.logOrigin(),
    first: reader.entries(0, 1)[0],
    sessions: reader.sessions({ limit: 9 }).length,
    pseudonyms: reader.pseudonyms().length,
    tokens: reader.usedTokens().length,
    fencing: reader.machines()[0]?.fencingCounter,
    snapshot: reader.snapshotVersion(),
    cursors: reader.cursors().length,
  }
  reader.close()
  return seen
}

describe('a new log', () => {
  it('cut short behind any step is completed by the next opening, and the old one is whole', async () => {
    const sample = await oldLog()
    prepareNewLog(sample.dir, sample.options)
    const count = stepsOf(sample.dir).length
    expect(count).toBeGreaterThan(8)
    for (let done = 0; done <= count; done++) {
      const { dir, options } = await oldLog()
      const made = prepareNewLog(dir, options)
      for (const step of stepsOf(dir).slice(0, done)) step()
      openDataDir(dir, options.site).unlock()
      expect(existsSync(join(dir, 'new-log'))).toBe(false)
      const next = look(join(dir, 'ledger.sqlite'))
      expect([done, next]).toMatchObject([
        done,
        {
          faults: [],
          entries: 1,
          origin: made.origin,
          first: { kind: 'LedgerRestarted', body: { data: { reason: 'rolled back', previous: made.previous } } },
          sessions: 1,
          pseudonyms: 1,
          tokens: 1,
          fencing: 41,
          snapshot: 7,
          cursors: 0,
        },
      ])
      expect(made.previous.checkpoint).toMatch(new RegExp(`^${made.previous.origin}\n3\n`))
      expect(made.undelivered).toEqual([{ sink: 'mqtt', entries: 2 }])
      const old = look(join(dir, 'logs', made.archive, 'ledger.sqlite'))
      expect(old).toMatchObject({ faults: [], entries: 3, origin: made.previous.origin, sessions: 0, pseudonyms: 0 })
      expect(readdirSync(join(dir, 'logs', made.archive)).filter((name) => name.endsWith('.key'))).toEqual([])
    }
  })

  it('cut short while it is made has not happened', async () => {
    const { dir, options } = await oldLog()
    const before = look(join(dir, 'ledger.sqlite'))
    expect(() =>
      prepareNewLog(dir, {
        ...options,
        stamp: () => {
          throw new Error('cut')
        },
      }),
    ).toThrow('cut')
    openDataDir(dir, options.site).unlock()
    expect(look(join(dir, 'ledger.sqlite'))).toMatchObject({ origin: before.origin, sessions: 1, cursors: 1 })
    prepareNewLog(dir, options)
    openDataDir(dir, options.site).unlock()
    expect(look(join(dir, 'ledger.sqlite')).first?.kind).toBe('LedgerRestarted')
  })

  it('is refused while a session is open, and needs no key of the old one', async () => {
    const open = await oldLog({ kind: 'session', session: session({ status: 'suspended' }) })
    expect(() => prepareNewLog(open.dir, open.options)).toThrow(/a session is open/)
    expect(existsSync(join(open.dir, 'new-log'))).toBe(false)
    const { dir, options } = await oldLog()
    writeFileSync(join(dir, 'log.key'), 'nonsense\n')
    const made = prepareNewLog(dir, options)
    expect(made.unsigned).toMatch(/its key cannot be used/)
    openDataDir(dir, options.site).unlock()
    expect(look(join(dir, 'ledger.sqlite')).faults).toEqual([])
    expect(look(join(dir, 'logs', made.archive, 'ledger.sqlite'))).toMatchObject({ faults: [], entries: 2 })
  })
})
