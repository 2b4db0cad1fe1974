/** Whatever is done to evidence by somebody without the key is found; and by somebody with it, by who kept a checkpoint. */
import { describe, expect, it } from 'vitest'
import { createNodeEd25519, nodeSha256 } from '../../gateway/ledger/native.ts'
import { verifyBundle, verifyConsistency, verifyReceipt } from '../../gateway/ledger/verifier.ts'
import { createLog, keyOf, type Log } from './evidence/log.ts'
import { createShop, random } from './evidence/shop.ts'

const SITE = 'hall'
const ORIGIN = 'hall/11aa22bb33cc44dd'
const key = keyOf('mutation', ORIGIN)
const stranger = keyOf('stranger', ORIGIN)
const KEYS = [key.vkey]
const native = { sha256: nodeSha256, ed25519: createNodeEd25519() }

function story(seed: number): { log: Log; sessions: string[] } {
  const log = createLog(SITE, ORIGIN, new Set(['booth']))
  const shop = createShop(log, { machines: ['saw', 'booth'], seed, accounts: seed % 2 === 0 })
  const sessions: string[] = []
  shop.start()
  for (const machine of ['saw', 'booth', 'saw']) {
    shop.work(machine, 2)
    sessions.push(shop.unlock(machine))
    shop.work(machine, 6)
    shop.sample(machine)
    shop.gap(machine, 3n, 'session')
    if (machine === 'booth') shop.reset('booth/plc.parts', 2n, 'session')
    shop.end(machine)
    log.checkpoint([key.signer])
  }
  return { log, sessions }
}

const { log, sessions } = story(1)
const receipts = sessions.map((session) => log.receipt(session, true))
const lines = log.bundleLines()
const whole = Buffer.from(lines.join(''))
const newest = [...log.notes.values()].at(-1)![0]!
const other = story(2).log.bundleLines()

/** How many were tried, and those that passed for good. */
const tally = { tried: 0, survivors: [] as string[] }
function rejected(what: string, ok: boolean): void {
  tally.tried += 1
  if (ok) tally.survivors.push(what)
}
const bundleOk = (bundle: Uint8Array | string) => verifyBundle(Buffer.from(bundle), KEYS, native).ok
const flip = (bytes: Uint8Array, bit: number) => {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

describe('evidence', () => {
  it('is good as it was made, whichever way it is checked', () => {
    for (const options of [{}, native, { ...native, thorough: true }, { ...native, held: [newest] }])
      expect(verifyBundle(whole, KEYS, options).faults).toEqual([])
    for (const receipt of receipts) {
      expect(verifyReceipt(receipt, KEYS).faults).toEqual([])
      expect(verifyReceipt(receipt, KEYS, native).faults).toEqual([])
    }
    for (let seed = 3; seed < 23; seed++) {
      const made = story(seed).log
      expect(verifyBundle(made.bundle(), KEYS, native).faults, `seed ${seed}`).toEqual([])
    }
  })

  it('with any one bit changed is not', () => {
    const next = random(11)
    // A bit of every fifth byte.
    for (let at = 0; at < whole.length; at++) {
      const bit = 8 * at + Math.floor(next() * 8)
      if (at % 5 === 0) rejected(`bundle bit ${bit}`, bundleOk(flip(whole, bit)))
    }
    // Checkpoints, receipts, header and end, bit by bit where the text is short.
    let from = 0
    for (const line of lines) {
      const length = Buffer.byteLength(line)
      if (line.startsWith('{"checkpoint"') || line.startsWith('{"format"') || line.startsWith('{"end"'))
        for (let bit = 8 * from; bit < 8 * (from + length); bit += 5)
          rejected(`bundle bit ${bit}`, bundleOk(flip(whole, bit)))
      from += length
    }
    const receipt = Buffer.from(receipts[0]!)
    for (let at = 0; at < receipt.length; at++) {
      const bit = 8 * at + Math.floor(next() * 8)
      rejected(`receipt bit ${bit}`, verifyReceipt(flip(receipt, bit), KEYS, native).ok)
    }
  }, 60_000)

  it('with a line dropped, doubled, moved, cut or foreign is not', () => {
    const next = random(12)
    const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)]!
    for (let at = 0; at < lines.length; at++) {
      const without = lines.filter((_line, here) => here !== at)
      rejected(`line ${at} dropped`, bundleOk(without.join('')))
      rejected(`line ${at} doubled`, bundleOk([...lines.slice(0, at), lines[at]!, ...lines.slice(at)].join('')))
      for (let to = 0; to < without.length; to++)
        if (to !== at && next() < 0.3)
          rejected(
            `line ${at} moved to ${to}`,
            bundleOk([...without.slice(0, to), lines[at]!, ...without.slice(to)].join('')),
          )
      for (let times = 0; times < 4; times++) {
        const foreign = pick(other)
        rejected(`foreign line at ${at}`, bundleOk([...lines.slice(0, at), foreign, ...lines.slice(at)].join('')))
        if (foreign !== lines[at])
          rejected(
            `foreign line for ${at}`,
            bundleOk([...lines.slice(0, at), foreign, ...lines.slice(at + 1)].join('')),
          )
      }
      const mate = Math.floor(next() * lines.length)
      if (lines[mate] !== lines[at])
        rejected(
          `lines ${at} and ${mate} swapped`,
          bundleOk(
            lines.map((line, here) => (here === at ? lines[mate]! : here === mate ? lines[at]! : line)).join(''),
          ),
        )
    }
    for (let times = 0; times < 400; times++) {
      const end = Math.floor(next() * whole.length)
      rejected(`cut at ${end}`, bundleOk(whole.subarray(0, end)))
    }
    for (const tail of ['\n', ' ', '{}\n', lines[1]!, lines.at(-1)!])
      rejected(`${tail} behind it`, bundleOk(whole + tail))
    for (const head of ['\n', ' ', '\ufeff']) rejected(`${head} before it`, bundleOk(head + whole))
  }, 60_000)

  it('whose receipt lacks an entry, or has one of another session, is not', () => {
    type Parsed = { entries: { index: number; body: string; proof: string[] }[] }
    const [first, second] = receipts.map((receipt) => JSON.parse(receipt) as Parsed) as [Parsed, Parsed]
    for (let at = 0; at < first.entries.length; at++) {
      const entries = first.entries.filter((_entry, here) => here !== at)
      rejected(`receipt without ${at}`, verifyReceipt(`${JSON.stringify({ ...first, entries })}\n`, KEYS, native).ok)
    }
    for (const extra of second.entries.filter(({ index }) => index > 1)) {
      const entries = [...first.entries, extra].sort((a, b) => a.index - b.index)
      rejected(
        'receipt with a foreign entry',
        verifyReceipt(`${JSON.stringify({ ...first, entries })}\n`, KEYS, native).ok,
      )
    }
    for (let at = 0; at < first.entries.length; at++) {
      const entries = first.entries.map((entry, here) =>
        here === at ? { ...entry, proof: entry.proof.slice(1) } : entry,
      )
      rejected(
        `receipt with a short path ${at}`,
        verifyReceipt(`${JSON.stringify({ ...first, entries })}\n`, KEYS, native).ok,
      )
    }
  })

  it('made anew is not, without the key; with it, for whoever kept a checkpoint', () => {
    const next = random(13)
    for (let times = 0; times < 600; times++) {
      const lie = createLog(SITE, ORIGIN)
      const at = Math.floor(next() * log.bodies.length)
      for (const [index, body] of log.bodies.entries()) lie.appendBody(index === at ? altered(body, next) : body)
      const resigned = times % 2 === 0
      const held = lie.checkpoint([resigned ? stranger.signer : key.signer])
      if (resigned) {
        rejected(`entry ${at} re-signed with another key`, verifyBundle(lie.bundle(), KEYS, native).ok)
        rejected('both keys given', verifyBundle(lie.bundle(), [`${key.vkey} from=0`, stranger.vkey], native).ok)
      }
      const verdict = verifyConsistency(newest, lie.bundle(), [...KEYS, stranger.vkey], native)
      rejected(`entry ${at} re-made by the key`, verdict.ok)
      expect(verdict.faults.map(({ code }) => code)).toContain('forked')
      rejected('the other way round', verifyConsistency(held, whole, [...KEYS, stranger.vkey], native).ok)
    }
  }, 60_000)

  it('cut back to any earlier size is good by itself, and not for whoever kept a checkpoint', () => {
    for (let size = 1; size < log.bodies.length; size++) {
      const shorter = createLog(SITE, ORIGIN)
      for (const body of log.bodies.slice(0, size)) shorter.appendBody(body)
      shorter.checkpoint([key.signer])
      expect(verifyBundle(shorter.bundle(), KEYS, native).faults).toEqual([])
      const verdict = verifyConsistency(newest, shorter.bundle(), KEYS, native)
      rejected(`rolled back to ${size}`, verdict.ok)
      expect(verdict.faults.map(({ code }) => code)).toEqual(['rolled-back'])
    }
    for (const [size, [note]] of log.notes)
      expect(verifyConsistency(note!, whole, KEYS, native).faults, `${size}`).toEqual([])
  }, 60_000)

  it('was tried ten thousand times and more, and nothing passed', () => {
    expect(tally.survivors).toEqual([])
    expect(tally.tried).toBeGreaterThan(10_000)
  })
})

/** Another digit somewhere in the data, so that the entry stays canonical. */
function altered(body: string, next: () => number): string {
  const places = [...body.matchAll(/[1-9](?=[0-9]*")/g)].map((match) => match.index)
  const at = places[Math.floor(next() * places.length)]!
  const digit = String((Number(body[at]) % 9) + 1)
  return `${body.slice(0, at)}${digit}${body.slice(at + 1)}`
}
