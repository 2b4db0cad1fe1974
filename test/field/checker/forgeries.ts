/**
 * Forgeries of evidence, each from its number: the even ones signed with the real key, the odd ones made without it. A
 * few are no forgeries after all; what they are both verifiers have to find out. Read next: compare.ts (who asks them).
 */
import { damaged, goodOf } from './damage.ts'
import { type Evidence, evidenceOf, forge, sessionReceipts, textsOf } from './forge.ts'
import { bundledOtherwise, receiptsOtherwise } from './issuing.ts'
import { lies } from './lies.ts'
import { sessionLies } from './session-lies.ts'
import { checkedByOddKeys, handedOver, heldAgainst, signedOtherwise, type Told } from './signing.ts'
import { type Body, type Dice, diceOf, stories } from './stories.ts'
import { reformed } from './texts.ts'

export type Forgery = {
  readonly number: number
  /** Whether the key was used for it. */
  readonly signed: boolean
  /** What kind of lie or damage it is, and what it is in this one. */
  readonly kind: string
  readonly what: string
  readonly evidence: Evidence
}

/** Ways to tell the entries otherwise count once each, the other ways of the owner of the key as often as here. */
const WAYS = [
  ...[...Object.keys(lies), ...Object.keys(sessionLies)].map((name) => `entries: ${name}`),
  ...[
    'text',
    'text',
    'checkpoint',
    'checkpoint',
    'hand-over',
    'odd keys',
    'held',
    'receipt',
    'receipt',
    'bundle',
    'bundle',
  ],
]

/** The kind of lie of an even number; undefined for an odd one, which is damage of any kind. */
export const signedKind = (number: number): string | undefined => WAYS[(number / 2) % WAYS.length]

export function createForger(): (number: number) => Forgery {
  const told = stories()
  const good = told.map(goodOf)
  const hex = (part: Uint8Array | string) => Buffer.from(part).toString('hex')
  const whole = good.map(({ lines, receipts }) => new Set([...receipts, Buffer.concat(lines)].map(hex)))
  return (number) => {
    const dice = diceOf(number * 7919 + 13)
    if (number % 2 === 1) {
      for (;;) {
        const at = dice.below(good.length)
        const { kind, what, evidence } = damaged(good[at]!, dice, dice.pick(good))
        // What changed nothing is no damage.
        if (!whole[at]!.has(hex(evidence.bytes)) || evidence.held.length + evidence.keys.length !== 1)
          return { number, signed: false, kind, what, evidence }
      }
    }
    const kind = signedKind(number)!
    for (;;) {
      const forged = tellSigned(kind, dice.pick(told), dice)
      if (forged.what !== '') return { number, signed: true, kind, ...forged }
    }
  }
}

function tellSigned(kind: string, story: readonly Body[], dice: Dice): Told {
  switch (kind) {
    case 'checkpoint':
      return signedOtherwise(story, dice)
    case 'hand-over':
      return handedOver(story, dice)
    case 'odd keys':
      return checkedByOddKeys(story, dice)
    case 'held':
      return heldAgainst(story, dice)
    case 'receipt':
      return receiptsOtherwise(story, dice)
    case 'bundle':
      return bundledOtherwise(story, dice)
    default:
      return tellEntries(kind.replace('entries: ', ''), story, dice)
  }
}

/** The entries told otherwise, once or twice, and signed anew; as a bundle, or as a receipt of a session. */
function tellEntries(name: string, story: readonly Body[], dice: Dice): Told {
  const bodies = structuredClone([...story])
  const all = { ...lies, ...sessionLies }
  const said = [all[name]?.(bodies, dice), dice.chance(0.15) ? dice.pick(Object.values(all))(bodies, dice) : undefined]
  if (dice.chance(0.95)) for (const [seq, body] of bodies.entries()) body.seq = seq
  const entries = textsOf(bodies)
  if (name === 'text') said.push(reformed(entries, dice))
  const half = 1 + dice.below(entries.length)
  const log = forge(entries, dice.chance(0.3) ? [half, entries.length] : [entries.length])
  const receipts = dice.chance(0.4) ? sessionReceipts(log, bodies) : []
  const alone = receipts.length > 0 && dice.chance(0.4)
  return {
    what: said.filter((each) => each !== undefined).join('; '),
    evidence: evidenceOf(alone ? [dice.pick(receipts)] : log.lines(receipts)),
  }
}
