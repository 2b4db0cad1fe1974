/**
 * What the owner of the key may sign: checkpoints of another size, root or log, signatures of every kind, keys that
 * were handed over; and what somebody may give to a verifier as a key, or keep outside. Read next: forge.ts,
 * issuing.ts.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { encodeNote, type Signer, signNote } from '../../../gateway/ledger/evidence/note.ts'
import { keyOf, sha256 } from '../../ledger/verify/shop/log.ts'
import {
  type Evidence,
  evidenceOf,
  forge,
  key,
  type Root,
  type Sign,
  sessionReceipts,
  signByKey,
  stranger,
  textsOf,
  witness,
} from './forge.ts'
import { type Body, type Dice, ORIGIN } from './stories.ts'

export type Told = { readonly what: string; readonly evidence: Evidence }

const next = keyOf('field, the next key', ORIGIN)
const elsewhere = keyOf('field, of another log', 'hall/0000')

/** The text of a checkpoint, in whatever form. */
const text = (size: number | string, root: Uint8Array, origin = ORIGIN, ...more: string[]) =>
  `${[origin, size, Buffer.from(root).toString('base64'), ...more].join('\n')}\n`
/** A text that has the form of a note, signed as it must be. */
const signed = (words: string, ...signers: readonly { signer: Signer; at?: number }[]) =>
  signNote(words, signers.length === 0 ? [key] : signers)
/** Any text, under a signature that is made otherwise, by a name that is another. */
const underKey = (words: string, sign = bySigner, name = ORIGIN) =>
  encodeNote({ text: words, signatures: [{ name, id: key.signer.key.id, signature: sign(words) }] })
const bySigner = (words: string): Uint8Array => key.signer.sign(Buffer.from(words))

/* ── checkpoints ── */

const notes: Readonly<Record<string, (root: Root, dice: Dice) => string>> = {
  'another size': ({ size, root }, dice) => signed(text(size + dice.pick([-1, 1, 10]), root)),
  'a size in another form': ({ size, root }, dice) =>
    signed(text(dice.pick([`0${size}`, `+${size}`, `${size}.0`, '9007199254740992', '']), root)),
  'another root': ({ size, root }) => signed(text(size, sha256(root))),
  'a short root': ({ size, root }) => signed(text(size, root.subarray(1))),
  'another log': ({ size, root }) => signed(text(size, root, 'hall/0000'), elsewhere, key),
  'another log alone': ({ size, root }) => signed(text(size, root, 'hall/0000'), elsewhere),
  'an extension': ({ size, root }) => signed(text(size, root, ORIGIN, 'beyond', 'that')),
  'an empty line in the text': ({ size, root }) => signed(text(size, root, ORIGIN, '', 'that')),
  'two lines': ({ size }) => signed(`${ORIGIN}\n${size}\n`),
  'a stranger beside it': ({ size, root }) => signed(text(size, root), key, stranger),
  'two signatures': ({ size, root }) => signed(text(size, root), key, key),
  'many signatures': ({ size, root }, dice) =>
    signed(text(size, root), ...Array.from({ length: dice.pick([99, 100]) }, () => stranger)).replace(
      /\n\n(.*)$/s,
      (lines) => `${lines}${lines.split('\n')[2]}\n`,
    ),
  'no signature': ({ size, root }) => `${text(size, root)}\n`,
  'no newline at its end': ({ size, root }) => signed(text(size, root)).slice(0, -1),
  'a control character': ({ size, root }, dice) =>
    underKey(text(size, root, ORIGIN, `x${dice.pick(['\u0000', '\t', '\r', '\u007f'])}`)),
  'an odd name': ({ size, root }, dice) =>
    underKey(text(size, root), bySigner, `${ORIGIN}${dice.pick(['\u00a0', '\ufeff', '\u0085', '+', '\u2028'])}`),
  'a long text': ({ size, root }, dice) => underKey(text(size, root, ORIGIN, 'x'.repeat(999_750 + dice.below(500)))),
  'base64 in another form': ({ size, root }, dice) =>
    dice.pick([
      signed(text(size, root)).replace(/=\n$/, '\n'),
      underKey(`${ORIGIN}\n${size}\n${Buffer.from(root).toString('base64url')}\n`),
    ]),
  'a witness': ({ size, root }, dice) =>
    signed(text(size, root), key, { ...witness, at: dice.pick([0, 1_772_431_200, 253_402_300_799]) }),
  'a witness beyond time': ({ size, root }) => signed(text(size, root), key, { ...witness, at: 253_402_300_800 }),
  'a signature with the cofactor': ({ size, root }) => underKey(text(size, root), withCofactor),
  'S and the order': ({ size, root }) => underKey(text(size, root), beyondOrder),
  'a signature cut': ({ size, root }, dice) =>
    underKey(text(size, root), (words) => bySigner(words).subarray(0, dice.pick([1, 63]))),
}

const { Point } = ed25519
/** Of order 8. */
const TORSION = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
const little = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
const littleBytes = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse()

/** R has a part of order 8, which the equation with the cofactor does not see. */
function withCofactor(words: string): Uint8Array {
  const { scalar } = ed25519.utils.getExtendedPublicKey(sha256(Buffer.from('field')))
  const nonce = little(sha256(Buffer.from(words)).subarray(0, 31))
  const r = Point.BASE.multiply(nonce).add(TORSION).toBytes()
  const k = little(sha512(Buffer.concat([r, key.signer.key.publicKey, Buffer.from(words)])))
  return Buffer.concat([r, littleBytes(Point.Fn.create(nonce + k * scalar))])
}

function beyondOrder(words: string): Uint8Array {
  const bytes = Buffer.from(key.signer.sign(Buffer.from(words)))
  return Buffer.concat([bytes.subarray(0, 32), littleBytes(little(bytes.subarray(32)) + Point.Fn.ORDER)])
}

/** A log whose newest checkpoint is signed otherwise. */
export function signedOtherwise(bodies: readonly Body[], dice: Dice): Told {
  const name = dice.pick(Object.keys(notes))
  const first = 1 + dice.below(bodies.length - 1)
  const log = forge(textsOf(bodies), [first, bodies.length], (root) =>
    root.size === bodies.length ? notes[name]!(root, dice) : signByKey(root),
  )
  const receipts = sessionReceipts(log, bodies)
  const keys = dice.pick([
    [key.vkey],
    [key.vkey, witness.vkey],
    [key.vkey, `${witness.vkey} from=${dice.below(50)}`],
    [stranger.vkey, key.vkey],
  ])
  const alone = receipts.length > 0 && dice.chance(0.3)
  return {
    what: `a checkpoint with ${name}${alone ? ', receipt' : ''}`,
    evidence: evidenceOf(alone ? [dice.pick(receipts)] : log.lines(dice.chance(0.5) ? receipts : []), { keys }),
  }
}

/** A hand-over from one key to the next, as announced or not. */
export function handedOver(bodies: readonly Body[], dice: Dice): Told {
  const sizes = [1, 2, 3].map((part) => Math.floor((bodies.length * part) / 3))
  const [a, b] = [sizes[1]!, sizes[2]!]
  const both = dice.chance(0.7)
  const sign: Sign = ({ size, root }) =>
    signed(
      text(size, root),
      ...(size < a ? [key] : size < b ? (both ? [key, next] : [next]) : dice.chance(0.8) ? [next] : [key]),
    )
  const log = forge(textsOf(bodies), sizes, sign)
  const [until, from] = [b + dice.pick([0, 0, 0, 1, -1]), a + dice.pick([0, 0, 0, 1, -1])]
  const keys = dice.pick([
    [`${key.vkey} until=${until}`, `${next.vkey} from=${from}`],
    [`  ${next.vkey}   from=0${from} `, '# old', '', `${key.vkey} until=${until}`],
    [key.vkey, next.vkey],
    [next.vkey],
  ])
  return {
    what: `keys ${keys.length}, until ${until - b}, from ${from - a}, both ${both}`,
    evidence: evidenceOf(log.lines([]), { keys }),
  }
}

const oddKeys: Readonly<Record<string, (dice: Dice) => string[]>> = {
  'a key twice': () => [key.vkey, `${key.vkey} from=1`],
  'an id that is another': () => [key.vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
  'sizes the wrong way round': () => [`${key.vkey} until=9 from=1`],
  'a size below 0': () => [`${key.vkey} from=-1`],
  'a key of small order': () => [vkeyOf(Buffer.from(TORSION.toBytes()))],
  'a key that is no point': () => [vkeyOf(Buffer.concat([Buffer.of(2), Buffer.alloc(31)]))],
  'a key in another form': () => [vkeyOf(Buffer.from(`ee${'ff'.repeat(30)}7f`, 'hex'))],
  'a key that was never valid': (dice) => [key.vkey, `${next.vkey} from=${dice.pick([5, 100_000])} until=5`],
  'a key with an odd name': (dice) => [
    vkeyOf(key.signer.key.publicKey, dice.pick(['a b', '\u00a0', 'a\ufeff', 'a\u0085', ''])),
  ],
  'a key of an unknown type': () => [vkeyOf(key.signer.key.publicKey, ORIGIN, 2)],
  'no key': () => [],
}

function vkeyOf(publicKey: Uint8Array, name = ORIGIN, type = 1): string {
  const bytes = Buffer.concat([Buffer.of(type), publicKey])
  const id = Buffer.from(sha256(Buffer.concat([Buffer.from(`${name}\n`), bytes])).subarray(0, 4)).toString('hex')
  return `${name}+${id}+${bytes.toString('base64')}`
}

export function checkedByOddKeys(bodies: readonly Body[], dice: Dice): Told {
  const name = dice.pick(Object.keys(oddKeys))
  const log = forge(textsOf(bodies), [bodies.length])
  return { what: name, evidence: evidenceOf(log.lines([]), { keys: oddKeys[name]!(dice) }) }
}

/* ── checkpoints kept outside ── */

export function heldAgainst(bodies: readonly Body[], dice: Dice): Told {
  const size = 1 + dice.below(bodies.length)
  const entries = textsOf(bodies)
  const other = textsOf(bodies.map((body) => ({ ...body, boot: 'another' })))
  const past = dice.pick([entries, entries, other])
  const held = forge(past, [size]).notes.get(size)!
  const cut = dice.chance(0.4) ? Math.max(1, size - dice.below(3)) : bodies.length
  const keys = [key.vkey]
  const notes = dice.pick([
    [held],
    [forge(past, [0]).notes.get(0)!, held],
    [signed(text(3, sha256(Buffer.of(1)), 'hall/0000'), elsewhere)],
    [held.replace('\n\n', '\n')],
  ])
  if (notes[0]!.startsWith('hall/0000')) keys.push(elsewhere.vkey)
  const log = forge(entries.slice(0, cut), [cut])
  return {
    what: `held at ${size} of ${cut}, ${past === other ? 'another' : 'the same'} past`,
    evidence: evidenceOf(log.lines([]), { held: notes, keys }),
  }
}
