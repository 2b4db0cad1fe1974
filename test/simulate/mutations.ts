/**
 * Evidence as it was made, and what somebody may do to it: bits flipped, lines dropped, doubled, moved, swapped,
 * foreign ones put in, files cut, receipts robbed, logs made anew with another key or with the same one, logs rolled
 * back. Each comes with the keys and the checkpoints of the one who checks. All of it follows from seeds. Read next:
 * test/ledger/verify/mutation.test.ts, test/prove/metering-evidence/verifier.ts.
 */
import { createLog, keyOf, type Log } from '../ledger/verify/shop/log.ts'
import { random } from '../ledger/verify/shop/random.ts'
import { createShop } from '../ledger/verify/shop/shop.ts'

const SITE = 'hall'
const ORIGIN = 'hall/11aa22bb33cc44dd'
const key = keyOf('mutation', ORIGIN)
const stranger = keyOf('stranger', ORIGIN)

export type Evidence = {
  readonly what: string
  readonly kind: 'bundle' | 'receipt'
  readonly bytes: Uint8Array
  readonly keys: readonly string[]
  /** Checkpoints kept outside. */
  readonly held: readonly string[]
  /** A fault that must be named, whatever else is. */
  readonly fault?: string
}

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

const bundle = (what: string, bytes: Uint8Array | string, more: Partial<Evidence> = {}): Evidence => ({
  what,
  kind: 'bundle',
  bytes: Buffer.from(bytes),
  keys: [key.vkey],
  held: [],
  ...more,
})
const receipt = (what: string, bytes: Uint8Array | string): Evidence => ({ ...bundle(what, bytes), kind: 'receipt' })

/** All that must be found good. */
export function* goods(): Generator<Evidence> {
  yield bundle('as it was made', whole)
  for (const [size, [note]] of log.notes) yield bundle(`held at ${size}`, whole, { held: [note!] })
  for (const [index, text] of receipts.entries()) yield receipt(`receipt ${index}`, text)
  for (let seed = 3; seed < 23; seed++) yield bundle(`story ${seed}`, story(seed).log.bundle())
  for (let size = 1; size < log.bodies.length; size++) yield bundle(`up to ${size}`, upTo(size))
}

/** All that must be rejected. */
export function* mutations(): Generator<Evidence> {
  yield* flippedBits()
  yield* shuffledLines()
  yield* robbedReceipts()
  yield* madeAnew()
  yield* rolledBack()
}

function* flippedBits(): Generator<Evidence> {
  const next = random(11)
  const bitOf = (at: number) => 8 * at + Math.floor(next() * 8)
  for (let at = 0; at < whole.length; at++) {
    const bit = bitOf(at)
    if (at % 5 === 0) yield bundle(`bundle bit ${bit}`, flip(whole, bit))
  }
  // Checkpoints, header and end more closely: every fifth bit.
  let from = 0
  for (const line of lines) {
    const length = Buffer.byteLength(line)
    if (line.startsWith('{"checkpoint"') || line.startsWith('{"format"') || line.startsWith('{"end"'))
      for (let bit = 8 * from; bit < 8 * (from + length); bit += 5) yield bundle(`bundle bit ${bit}`, flip(whole, bit))
    from += length
  }
  const bytes = Buffer.from(receipts[0]!)
  for (let at = 0; at < bytes.length; at++) {
    const bit = bitOf(at)
    yield receipt(`receipt bit ${bit}`, flip(bytes, bit))
  }
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

function* shuffledLines(): Generator<Evidence> {
  const next = random(12)
  const below = (end: number) => Math.floor(next() * end)
  const joined = (what: string, ...parts: (readonly string[] | string)[]) => bundle(what, parts.flat().join(''))
  for (let at = 0; at < lines.length; at++) {
    const [before, line, behind] = [lines.slice(0, at), lines[at]!, lines.slice(at + 1)]
    const without = [...before, ...behind]
    yield joined(`line ${at} dropped`, without)
    yield joined(`line ${at} doubled`, before, line, line, behind)
    for (let to = 0; to < without.length; to++)
      if (to !== at && next() < 0.3)
        yield joined(`line ${at} moved to ${to}`, without.slice(0, to), line, without.slice(to))
    for (let times = 0; times < 4; times++) {
      const foreign = other[below(other.length)]!
      yield joined(`foreign line at ${at}`, before, foreign, line, behind)
      if (foreign !== line) yield joined(`foreign line for ${at}`, before, foreign, behind)
    }
    const mate = below(lines.length)
    if (lines[mate] !== line)
      yield joined(
        `lines ${at} and ${mate} swapped`,
        lines.map((each, here) => (here === at ? lines[mate]! : here === mate ? line : each)),
      )
  }
  for (let times = 0; times < 400; times++) {
    const end = below(whole.length)
    yield bundle(`cut at ${end}`, whole.subarray(0, end))
  }
  for (const tail of ['\n', ' ', '{}\n', lines[1]!, lines.at(-1)!]) yield joined(`${tail} behind it`, lines, tail)
  for (const head of ['\n', ' ', '\ufeff']) yield joined(`${head} before it`, head, lines)
}

function* robbedReceipts(): Generator<Evidence> {
  type Parsed = { entries: { index: number; body: string; proof: string[] }[] }
  const [first, second] = receipts.map((text) => JSON.parse(text) as Parsed) as [Parsed, Parsed]
  const remade = (what: string, entries: Parsed['entries']) =>
    receipt(what, `${JSON.stringify({ ...first, entries })}\n`)
  for (let at = 0; at < first.entries.length; at++) {
    yield remade(
      `receipt without ${at}`,
      first.entries.filter((_entry, here) => here !== at),
    )
    yield remade(
      `receipt with a short path ${at}`,
      first.entries.map((entry, here) => (here === at ? { ...entry, proof: entry.proof.slice(1) } : entry)),
    )
  }
  for (const extra of second.entries.filter(({ index }) => index > 1))
    yield remade(
      'receipt with a foreign entry',
      [...first.entries, extra].sort((a, b) => a.index - b.index),
    )
}

function* madeAnew(): Generator<Evidence> {
  const next = random(13)
  const keys = [key.vkey, stranger.vkey]
  for (let times = 0; times < 600; times++) {
    const lie = createLog(SITE, ORIGIN)
    const at = Math.floor(next() * log.bodies.length)
    for (const [index, body] of log.bodies.entries()) lie.appendBody(index === at ? altered(body, next) : body)
    const resigned = times % 2 === 0
    const held = lie.checkpoint([resigned ? stranger.signer : key.signer])
    const lied = lie.bundle()
    if (resigned) {
      yield bundle(`entry ${at} re-signed with another key`, lied)
      yield bundle('both keys given', lied, { keys: [`${key.vkey} from=0`, stranger.vkey] })
    }
    yield bundle(`entry ${at} re-made by the key`, lied, { keys, held: [newest], fault: 'forked' })
    yield bundle('the other way round', whole, { keys, held: [held], fault: 'forked' })
  }
}

function* rolledBack(): Generator<Evidence> {
  for (let size = 1; size < log.bodies.length; size++)
    yield bundle(`rolled back to ${size}`, upTo(size), { held: [newest], fault: 'rolled-back' })
}

function upTo(size: number): Uint8Array {
  const shorter = createLog(SITE, ORIGIN)
  for (const body of log.bodies.slice(0, size)) shorter.appendBody(body)
  shorter.checkpoint([key.signer])
  return Buffer.from(shorter.bundle())
}

/** Another digit somewhere in the data, so that the entry stays canonical. */
function altered(body: string, next: () => number): string {
  const places = [...body.matchAll(/[1-9](?=[0-9]*")/g)].map((match) => match.index)
  const at = places[Math.floor(next() * places.length)]!
  const digit = String((Number(body[at]) % 9) + 1)
  return `${body.slice(0, at)}${digit}${body.slice(at + 1)}`
}
