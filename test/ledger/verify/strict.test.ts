/**
 * What the owner of the key may not sign, though it looks like what a gateway writes: a row per lie, with its first
 * fault.
 * Read next: lies.test.ts (lies about units), gateway/ledger/evidence/FORMAT.md (the rules).
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import { canonicalJson, parseCanonical } from '../../../gateway/ledger/evidence/canonical.ts'
import { formatVkey, parseVkey, verifySignature } from '../../../gateway/ledger/evidence/note.ts'
import { createNodeEd25519 } from '../../../gateway/ledger/log/native.ts'
import type { FaultCode, Verdict } from '../../../gateway/ledger/verify/verdict.ts'
import { verifyBundle, verifyReceipt } from '../../../gateway/ledger/verify/verifier.ts'
import { createLog, keyOf, type Log, sha256 } from './shop/log.ts'
import { createShop } from './shop/shop.ts'

const SITE = 'hall'
const ORIGIN = 'hall/51e0'
const key = keyOf('strict', ORIGIN)

type Row = Record<string, unknown>
type Body = Row & { kind: string; data: Row }

/** A session on a saw: with a sample, a value that was refused, a gap, a correction and an entry by hand. */
function day(): { log: Log; session: string } {
  const log = createLog(SITE, ORIGIN)
  const shop = createShop(log, { machines: ['saw'], accounts: true })
  shop.start()
  const session = shop.unlock('saw')
  shop.work('saw', 5)
  shop.sample('saw')
  shop.tear('saw/energy.energy')
  shop.gap('saw', 3n, 'session')
  shop.end('saw')
  shop.correct('saw', session, log.bodies.length - 1, 'saw/energy.energy', '10')
  shop.enterByHand('saw')
  return { log, session }
}

/** The day told otherwise: the last entry of a kind, or of a change, is altered before it is hashed. */
function told(kind: string, alter: (data: Row, body: Body) => void): Log {
  const bodies = day().log.bodies.map((text) => JSON.parse(text) as Body)
  const body = bodies.findLast((each) => each.kind === kind || each.data.change === kind)!
  alter(body.data, body)
  const lie = createLog(SITE, ORIGIN)
  for (const each of bodies) lie.appendBody(canonicalJson(each))
  lie.checkpoint([key.signer])
  return lie
}

const check = (log: Log, thorough = false): Verdict => verifyBundle(log.bundle(), [key.vkey], { thorough })
const first = ({ faults }: Verdict): FaultCode | undefined => faults[0]?.code
const rows = (list: unknown) => list as Row[]
const set = (row: Row, name: string, value: unknown) => void Object.assign(row, { [name]: value })

it('an honest day is good', () => {
  const { log } = day()
  log.checkpoint([key.signer])
  expect(check(log).faults).toEqual([])
  expect(check(log).facts.byHand.at(-1)).toMatchObject({ kind: 'ManualEntry', units: [{ quantity: '1250' }] })
})

it('an entry by hand may have a fraction, as the gateway takes it', () => {
  const log = told('ManualEntry', (data) => set(data, 'quantity', '1.25'))
  expect(check(log).faults).toEqual([])
  expect(check(log).facts.byHand.at(-1)).toMatchObject({ units: [{ quantity: '1.25' }] })
  for (const odd of ['1,5', '-1', '01', '1.', '', '1e3', '1'.repeat(41)])
    expect(first(check(told('ManualEntry', (data) => set(data, 'quantity', odd)))), odd).toBe('entry-malformed')
})

describe('a signed lie', () => {
  it.each<[string, string, (data: Row, body: Body) => void, FaultCode]>([
    [
      'a day no calendar has',
      'MeterSampled',
      (_, body) => set(body, 'at', '2026-02-30T06:00:00.000Z'),
      'entry-malformed',
    ],
    ['a 61st second', 'MeterSampled', (_, body) => set(body, 'at', '2026-03-02T06:00:60.000Z'), 'entry-malformed'],
    ['monotonic time below 0', 'MeterSampled', (_, body) => set(body, 'mono', '-5'), 'entry-malformed'],
    ['monotonic time after a zero', 'MeterSampled', (_, body) => set(body, 'mono', '01'), 'entry-malformed'],
    ['a session without a name', 'SessionFinishing', (_, body) => void delete body.session, 'entry-malformed'],
    ['a machine with an empty name', 'MeterSampled', (_, body) => set(body, 'machine', ''), 'entry-malformed'],
    ['half an epoch', 'MeterSampled', ({ meters }) => set(rows(meters)[0]!, 'epoch', 1.5), 'entry-malformed'],
    ['a counter below 0', 'MeterSampled', ({ meters }) => set(rows(meters)[0]!, 'raw', '-1'), 'entry-malformed'],
    ['half a surrogate pair', 'Correction', (data) => set(data, 'text', '\ud800'), 'entry-malformed'],
    ['overrun that is null', 'SessionEnded', (data) => set(data, 'overrun', null), 'entry-malformed'],
    ['units of a refused value', 'torn', (data) => set(data, 'delta', '10'), 'counter-differs'],
    ['a total that was never reached', 'torn', (data) => set(data, 'total', '99999'), 'total-fell'],
    ['another unit in a change', 'gap', (data) => set(data, 'unit', 'kWh'), 'counter-differs'],
    ['a change from nowhere', 'gap', (data) => void delete data.from, 'counter-differs'],
    ['another booking', 'SessionEnded', (data) => set(data, 'booking', 'b-7'), 'session-differs'],
    ['another tenant', 'SessionEnded', (data) => set(data, 'tenant', 't-0'), 'session-differs'],
    ['another beginning', 'SessionEnded', (data) => set(data, 'startedAt', data.endedAt), 'session-differs'],
    ['another end', 'SessionEnded', (data) => set(data, 'endedAt', data.startedAt), 'session-differs'],
    ['more work than time', 'SessionEnded', ({ clocks }) => set(clocks as Row, 'executingMs', 1e9), 'session-differs'],
    [
      'shares of 150 percent',
      'SessionEnded',
      ({ shares }) => set(rows(shares)[0]!, 'percent', '110'),
      'session-differs',
    ],
    ['a share in words', 'SessionEnded', ({ shares }) => set(rows(shares)[0]!, 'percent', 'all'), 'session-differs'],
  ])('with %s is found', (_what, kind, alter, fault) => {
    const log = told(kind, alter)
    expect(first(check(log))).toBe(fault)
    expect(first(check(log, true))).toBe(fault)
  })

  it.each<[string, string, FaultCode]>([
    ['machine', 'lathe', 'entry-malformed'],
    ['booking', 'b-9', 'session-differs'],
    ['tenant', 't-9', 'session-differs'],
  ])('in an intent to resume, of another %s, is found', (name, value, fault) => {
    const log = createLog(SITE, ORIGIN)
    const shop = createShop(log, { machines: ['saw'] })
    shop.start()
    const session = shop.unlock('saw')
    const { booking, tenant } = (JSON.parse(log.bodies.at(-3)!) as Body).data
    const intent = { machine: 'saw', booking, tenant, [name]: value }
    shop.record(
      'UnlockIntended',
      { booking: String(intent.booking), tenant: String(intent.tenant), token: '999', resume: true },
      String(intent.machine),
      session,
    )
    log.checkpoint([key.signer])
    expect(first(check(log))).toBe(fault)
  })
})

describe('what nothing signs', () => {
  const { log, session } = day()
  log.checkpoint([key.signer])
  const receipt = JSON.parse(log.receipt(session)) as Row & { entries: Row[] }
  const verify = (value: unknown) => verifyReceipt(`${canonicalJson(value)}\n`, [key.vkey])

  it('holds no more than it must', () => {
    expect(verify(receipt).faults).toEqual([])
    expect(first(verify({ ...receipt, paid: true }))).toBe('format')
    expect(first(verify({ ...receipt, entries: receipt.entries.map((entry) => ({ ...entry, paid: true })) }))).toBe(
      'format',
    )
    const [header, ...rest] = log.bundleLines()
    const more = header!.replace('"site"', '"paid":true,"site"')
    expect(first(verifyBundle(Buffer.from([more, ...rest].join('')), [key.vkey]))).toBe('format')
  })

  it('names the site that its entries are of', () => {
    const [header, ...rest] = log.bundleLines()
    for (const site of ['', 'hall/51e0', 'ha'])
      expect(
        first(
          verifyBundle(Buffer.from([header!.replace('"site":"hall"', `"site":"${site}"`), ...rest].join('')), [
            key.vkey,
          ]),
        ),
      ).toBe('site-differs')
  })

  it('is the same however it is cut into pieces: no line is longer than a mebibyte', () => {
    const lines = log.bundleLines()
    const long = `{"receipt":${JSON.stringify({ ...receipt, session: 'x'.repeat(1_200_000) })}}\n`
    const bytes = Buffer.from([...lines.slice(0, -1), long, lines.at(-1)].join(''))
    expect(first(verifyBundle(bytes, [key.vkey]))).toBe('line-malformed')
  })

  it('of a session that was resumed shows how it began', () => {
    const resumed = createLog(SITE, ORIGIN)
    const shop = createShop(resumed, { machines: ['saw'] })
    shop.start()
    const id = shop.unlock('saw')
    const intent = (JSON.parse(resumed.bodies.at(-3)!) as Body).data
    const again = { booking: String(intent.booking), tenant: String(intent.tenant), token: '99', resume: true }
    shop.record('UnlockIntended', again, 'saw', id)
    shop.record('UnlockConfirmed', { token: '99', resume: true }, 'saw', id)
    shop.end('saw')
    resumed.checkpoint([key.signer])
    expect(check(resumed).faults).toEqual([])
    const whole = JSON.parse(resumed.receipt(id)) as Row & { entries: (Row & { body: string })[] }
    expect(verify(whole).faults).toEqual([])
    const robbed = whole.entries.filter(
      ({ body }) => !body.includes('"kind":"UnlockConfirmed"') || !body.includes('"begin":'),
    )
    expect(first(verify({ ...whole, entries: robbed }))).toBe('receipt-incomplete')
  })
})

describe('JSON', () => {
  it('of 64 levels is read, and deeper is refused', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
    expect(parseCanonical(nested(64)).kind).toBe('ok')
    expect(parseCanonical(nested(65)).kind).toBe('refused')
    expect(parseCanonical(nested(100_000)).kind).toBe('refused')
  })

  it('has no half of a surrogate pair, and any text that looks like one', () => {
    for (const odd of ['{"a":"\\ud800"}', '{"a":"x\\\\\\udfff"}', '{"\\udc00":1}'])
      expect(parseCanonical(odd).kind, odd).toBe('refused')
    for (const fine of ['{"a":"\\\\ud800"}', '{"a":"x\\\\\\\\udfff"}', '{"a":"🪚"}'])
      expect(parseCanonical(fine).kind, fine).toBe('ok')
  })
})

describe('a signature', () => {
  const { Point } = ed25519
  /** A point of order 8: what the cofactor clears. */
  const torsion = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
  const ways = [undefined, createNodeEd25519()]

  it('that only fits with the cofactor does not fit, in the page as by OpenSSL', () => {
    const seed = sha256(Buffer.from('strict'))
    const { scalar } = ed25519.utils.getExtendedPublicKey(seed)
    const parsed = parseVkey(key.vkey)
    if (parsed.kind === 'refused') throw new Error(parsed.reason)
    const { publicKey } = parsed.value
    const sign = (text: string, added: typeof torsion) => {
      const nonce = 12_345_678_901_234_567_890n
      const r = Point.BASE.multiply(nonce).add(added).toBytes()
      const digest = sha512(Buffer.concat([r, publicKey, Buffer.from(text)]))
      const k = BigInt(`0x${Buffer.from(digest).reverse().toString('hex')}`)
      const s = Point.Fn.create(nonce + k * scalar)
      return Buffer.concat([r, Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()])
    }
    for (const way of ways) {
      expect(verifySignature(parsed.value, 'text\n', sign('text\n', Point.ZERO), way)).toEqual({})
      expect(verifySignature(parsed.value, 'text\n', sign('text\n', torsion), way)).toBeUndefined()
    }
    expect(ed25519.verify(sign('text\n', torsion), Buffer.from('text\n'), publicKey)).toBe(true)
  })

  it('of a note of any length is checked', () => {
    const { signer } = key
    const text = `${ORIGIN}\n${'x'.repeat(900_000)}\n`
    for (const way of ways) expect(verifySignature(signer.key, text, signer.sign(Buffer.from(text)), way)).toEqual({})
  })

  it('is of a key that is one point of the curve, in its one form, and not of small order', () => {
    const one = Buffer.alloc(32)
    one[0] = 1
    const beyond = Buffer.from(`ee${'ff'.repeat(30)}7f`, 'hex')
    const nowhere = Buffer.alloc(32)
    nowhere[0] = 2
    for (const publicKey of [one, beyond, nowhere, Buffer.from(torsion.toBytes())]) {
      const hash = sha256(Buffer.concat([Buffer.from('a\n\x01'), publicKey]))
      const id = Buffer.from(hash.subarray(0, 4)).toString('hex')
      expect(parseVkey(formatVkey({ name: 'a', id, kind: 'log', publicKey })).kind).toBe('refused')
    }
  })
})
