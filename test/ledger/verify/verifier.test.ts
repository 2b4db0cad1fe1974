/**
 * The verifier against logs of the core itself, and against itself: in pieces, in a receipt, the fast way and the slow.
 * Read next: lies.test.ts (what the holder of the key may try), two-ways.test.ts.
 */
import { describe, expect, it } from 'vitest'
import { entryKinds } from '../../../gateway/core/ground/entry.ts'
import { openBundle } from '../../../gateway/ledger/verify/bundle-check.ts'
import { createContentDecoder } from '../../../gateway/ledger/verify/bytes/decode-content.ts'
import { newLines } from '../../../gateway/ledger/verify/bytes/lines.ts'
import { createScanner, scanEntry } from '../../../gateway/ledger/verify/bytes/scan-entry.ts'
import { isOpened, knownKinds } from '../../../gateway/ledger/verify/entry/kinds.ts'
import type { Verdict } from '../../../gateway/ledger/verify/verdict.ts'
import { verifyBundle, verifyReceipt } from '../../../gateway/ledger/verify/verifier.ts'
import { check, codes, KEYS, key, ORIGIN, SITE, shopOf } from './shop/lie.ts'
import type { Log } from './shop/log.ts'
import { worldLog } from './shop/world-log.ts'

const without = (verdict: Verdict, code: string) => ({
  ...verdict,
  notes: verdict.notes.filter((note) => note.code !== code),
})

describe('a log of the core', () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed))('is good, whatever happened: world %i', (seed) => {
    const log = worldLog(seed + 1000, 40)
    const verdict = check(log)
    expect(verdict.faults).toEqual([])
    expect(verdict.notes.filter(({ code }) => code === 'field-unknown')).toEqual([])
    for (const { epochs, units, sessions, elsewhere } of verdict.facts.meters) {
      for (const { units: booked, counted } of epochs) expect(counted ?? booked).toBe(booked)
      expect(BigInt(sessions) + BigInt(elsewhere)).toBe(BigInt(units))
    }
    // The fast way and the slow way say the same of every entry.
    expect(without(verdictOf(log, true), 'not-opened')).toEqual(without(verdict, 'not-opened'))
  })

  function verdictOf(log: Log, thorough: boolean): Verdict {
    return verifyBundle(log.bundle(), KEYS, { thorough })
  }

  it('is read the fast way where it matters', () => {
    const read = createContentDecoder()
    const kinds = new Map<string, number>()
    const slow: string[] = []
    for (let seed = 1000; seed < 1006; seed++) {
      const scanner = createScanner(SITE)
      for (const [seq, body] of worldLog(seed, 40).bodies.entries()) {
        const lines = newLines(Buffer.byteLength(body))
        lines.bytes.set(Buffer.from(body))
        const seen = scanEntry(scanner, lines, 0, lines.bytes.length, seq)
        const { kind, data } = JSON.parse(body) as { kind: string; data: { late?: true } }
        expect(seen?.kind).toBe(kind)
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
        if (!['MeterSampled', 'SessionEnded', 'SessionFinishing', 'UnlockIntended', 'UnlockConfirmed'].includes(kind))
          continue
        if (!isOpened(kind) || data.late) continue
        if (read(kind, lines, scanner.dataAt, scanner.dataEnd) === undefined) slow.push(body)
      }
    }
    expect(slow).toEqual([])
    expect(kinds.get('SessionEnded')).toBeGreaterThan(2)
  })

  it('of all kinds the gateway writes is known', () => {
    expect([...knownKinds].sort()).toEqual([...entryKinds].sort())
  })
})

describe('a bundle', () => {
  it('may come in pieces of any size', () => {
    const { log, shop } = shopOf()
    shop.unlock('saw')
    shop.work('saw', 4)
    shop.end('saw')
    const verdict = check(log)
    const bytes = log.bundle()
    for (const size of [1, 7, 63, 4096]) {
      const stream = openBundle(KEYS)
      for (let at = 0; at < bytes.length; at += size) stream.push(bytes.subarray(at, at + size))
      expect(stream.entries).toBe(log.bodies.length)
      expect(stream.end()).toEqual(verdict)
    }
    expect(verdict.ok).toBe(true)
  })

  it.each<[string, Uint8Array, string]>([
    ['nothing', Buffer.from(''), 'format'],
    ['a text', Buffer.from('hello\n'), 'format'],
    ['a receipt', Buffer.from('{"format":"latchkey-receipt"}\n'), 'format'],
    ['a newer format', Buffer.from('{"format":"latchkey-evidence","origin":"a/b","site":"a","version":2}\n'), 'format'],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0x0a]), 'format'],
    ['a line without end', Buffer.alloc(3_000_000, 0x61), 'line-malformed'],
    [
      'a header alone',
      Buffer.from('{"format":"latchkey-evidence","origin":"a/b","site":"a","version":1}\n'),
      'truncated',
    ],
  ])('of %s is no evidence', (_what, bytes, code) => {
    const verdict = verifyBundle(bytes, KEYS)
    expect(verdict.ok).toBe(false)
    expect(codes(verdict)).toContain(code)
  })

  it('with letters of any language in it is read', () => {
    const { log, shop } = shopOf()
    shop.record('MaintenanceStarted', { by: '王师傅', reason: '更换锯片 "🪚"\n' }, 'saw')
    expect(check(log).faults).toEqual([])
    expect(check(log, { thorough: true }).faults).toEqual([])
  })

  it('with faults beyond number names a hundred, and counts the rest', () => {
    const { log, shop } = shopOf()
    for (let times = 0; times < 300; times++) shop.record('LinkLost', { link: 'plc', cause: 'timeout' })
    log.checkpoint([key.signer])
    const [header, , ...rest] = log.bundleLines()
    const verdict = verifyBundle(Buffer.from([header, ...rest].join('')), KEYS)
    expect(verdict.faults).toHaveLength(100)
    expect(verdict.moreFaults).toBeGreaterThan(150)
  })
})

describe('a receipt', () => {
  const { log, shop } = shopOf()
  const session = shop.unlock('saw')
  shop.work('saw', 5)
  shop.end('saw')
  log.checkpoint([key.signer])
  const receipt = log.receipt(session)

  it('says what the session used, and of what it is part', () => {
    const verdict = verifyReceipt(receipt, KEYS)
    expect(verdict).toMatchObject({ ok: true, kind: 'receipt', faults: [] })
    expect(verdict.facts).toMatchObject({
      origin: ORIGIN,
      identity: [{ version: '1.4.0' }, { configurationId: expect.any(String) }],
      sessions: [{ session, machine: 'saw', simulated: false, shares: [{ owner: 'huajian' }, { owner: 'lin-co' }] }],
      checkpoints: [{ size: log.bodies.length }],
    })
  })

  it('is checked in milliseconds', () => {
    verifyReceipt(receipt, KEYS)
    const began = performance.now()
    for (let times = 0; times < 10; times++) verifyReceipt(receipt, KEYS)
    expect((performance.now() - began) / 10).toBeLessThan(100)
  })

  it('in a bundle must be of it', () => {
    log.receipt(session, true)
    expect(verifyBundle(log.bundle(), KEYS).faults).toEqual([])
    const other = shopOf()
    const foreign = other.shop.unlock('saw')
    other.shop.work('saw', 9)
    other.shop.end('saw')
    other.log.checkpoint([key.signer])
    const lines = log.bundleLines()
    lines[lines.length - 2] = `{"receipt":${other.log.receipt(foreign).trimEnd()}}\n`
    expect(codes(verifyBundle(Buffer.from(lines.join('')), KEYS))).toContain('receipt-differs')
  })
})
