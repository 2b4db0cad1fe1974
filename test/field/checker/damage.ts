/**
 * What anybody may do to evidence without the key: bits, bytes and lines changed, dropped, doubled, moved; values told
 * otherwise in their right form; files cut and continued. Read next: signing.ts (what takes the key).
 */
import { canonicalJson } from '../../../gateway/ledger/evidence/canonical.ts'
import { type Evidence, evidenceOf, type Forged, forge, key, sessionReceipts, stranger, textsOf } from './forge.ts'
import { lies } from './lies.ts'
import { sessionLies } from './session-lies.ts'
import type { Told } from './signing.ts'
import type { Body, Dice } from './stories.ts'

type Good = {
  readonly bodies: readonly Body[]
  readonly log: Forged
  readonly lines: Buffer[]
  readonly receipts: string[]
}

/** Good evidence of a story, made once. */
export function goodOf(bodies: readonly Body[]): Good {
  const log = forge(textsOf(bodies), [Math.ceil(bodies.length / 2), bodies.length])
  const receipts = sessionReceipts(log, bodies)
  return { bodies, log, lines: log.lines(receipts).map((line) => Buffer.from(line)), receipts }
}

type Damage = (good: Good, dice: Dice, other: Good) => Evidence

/** A file of it: the bundle, or one of its receipts. */
const fileOf = ({ lines, receipts }: Good, dice: Dice): Buffer =>
  receipts.length > 0 && dice.chance(0.3) ? Buffer.from(dice.pick(receipts)) : Buffer.concat(lines)

const cutOut = (bytes: Buffer, at: number, length: number, put: Uint8Array = Buffer.alloc(0)) =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(Math.min(bytes.length, at + length))])

const PIECES = [
  '"',
  '\\',
  ' ',
  '\n',
  '\r',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '0',
  '-',
  '.',
  'null',
  'true',
  '\u00e4',
  '\ufeff',
]

const damages: Readonly<Record<string, Damage>> = {
  'a bit': (good, dice) => {
    const bytes = Buffer.from(fileOf(good, dice))
    bytes[dice.below(bytes.length)]! ^= 1 << dice.below(8)
    return evidenceOf([bytes])
  },
  bytes: (good, dice) => {
    const bytes = fileOf(good, dice)
    const put = dice.chance(0.5) ? Buffer.from(dice.pick(PIECES)) : Buffer.of(dice.below(256))
    return evidenceOf([cutOut(bytes, dice.below(bytes.length), dice.below(4), put)])
  },
  'a digit': (good, dice) => {
    const bytes = Buffer.from(fileOf(good, dice))
    const places = [...bytes.keys()].filter((at) => bytes[at]! >= 0x30 && bytes[at]! <= 0x39)
    bytes[dice.pick(places)] = 0x30 + dice.below(10)
    return evidenceOf([bytes])
  },
  'the end of the file': (good, dice) => {
    const bytes = fileOf(good, dice)
    const tail = dice.pick(['\n', ' ', '{}\n', good.lines[1]!, good.lines.at(-1)!])
    return evidenceOf(dice.chance(0.7) ? [bytes.subarray(0, dice.below(bytes.length))] : [bytes, tail])
  },
  'a line': ({ lines }, dice, other) => {
    const [at, to] = [dice.below(lines.length), dice.below(lines.length)]
    const copy = [...lines]
    const foreign = dice.pick(other.lines)
    dice.pick([
      () => copy.splice(at, 1),
      () => copy.splice(to, 0, copy[at]!),
      () => copy.splice(to, 0, ...copy.splice(at, 1)),
      () => copy.splice(at, 1, foreign),
      () => copy.splice(at, 0, foreign),
      () => copy.splice(at, 0, Buffer.from(dice.pick(['{}\n', '\n', '[]\n', '{"at":1}\n', '{"paid":true}\n']))),
    ])()
    return evidenceOf(copy)
  },
  /** The entries tell something else; hashes and signatures stay. */
  'an entry': ({ bodies, log, lines }, dice) => {
    const told = structuredClone([...bodies])
    const all = [...Object.values(lies), ...Object.values(sessionLies)]
    dice.pick(all)(told, dice)
    const entries = told.map((body, at) => Buffer.from(`${canonicalJson({ ...body, seq: at })}\n`))
    const others = lines.filter((line) => !line.subarray(0, 6).equals(Buffer.from('{"at":')))
    const half = log.newest === bodies.length ? Math.ceil(bodies.length / 2) : 0
    return evidenceOf([others[0]!, ...entries.slice(0, half), others[1]!, ...entries.slice(half), ...others.slice(2)])
  },
  'a receipt': ({ receipts, lines }, dice, other) => {
    if (receipts.length === 0) return evidenceOf(lines, { keys: [stranger.vkey] })
    const receipt = JSON.parse(dice.pick(receipts)) as { entries: Record<string, unknown>[]; [name: string]: unknown }
    const foreign = JSON.parse(dice.pick(other.receipts.length > 0 ? other.receipts : receipts)) as typeof receipt
    const entry = dice.pick(receipt.entries)
    dice.pick([
      () => receipt.entries.splice(receipt.entries.indexOf(entry), 1),
      () => receipt.entries.push(...foreign.entries.slice(-1)),
      () => Object.assign(receipt, { checkpoint: foreign.checkpoint }),
      () => Object.assign(entry, { body: String(entry.body).replace(/"quantity":"(\d)/, '"quantity":"9$1') }),
      () => Object.assign(entry, { proof: (entry.proof as string[]).slice(1) }),
      () => Object.assign(entry, { proof: [...(entry.proof as string[])].reverse() }),
      () => Object.assign(entry, { index: Number(entry.index) + 1 }),
      () => Object.assign(receipt, { session: foreign.session }),
    ])()
    return evidenceOf([`${canonicalJson(receipt)}\n`])
  },
  'another key': ({ lines, receipts }, dice) =>
    evidenceOf(receipts.length > 0 && dice.chance(0.5) ? [dice.pick(receipts)] : lines, {
      keys: dice.pick([
        [stranger.vkey],
        [],
        [`${key.vkey} until=1`],
        [key.vkey, `${stranger.vkey} from=0`],
        [`${key.vkey} x=1`],
      ]),
    }),
  'what was kept outside': ({ lines }, dice, other) =>
    evidenceOf(lines, { held: [dice.pick([...other.log.notes.values()])] }),
}

export function damaged(good: Good, dice: Dice, other: Good): Told & { readonly kind: string } {
  const kind = dice.pick(Object.keys(damages))
  return { kind, what: kind, evidence: damages[kind]!(good, dice, other) }
}
