/**
 * What the owner of the key may hand out of a log that is as it should be: receipts and bundles that leave out or put
 * in, with proofs that hold. Read next: forge.ts, signing.ts.
 */
import { endLine } from '../../../gateway/ledger/evidence/bundle.ts'
import { canonicalJson } from '../../../gateway/ledger/evidence/canonical.ts'
import { endedSessions, evidenceOf, forge, provenOf, sessionReceipts, textsOf } from './forge.ts'
import type { Told } from './signing.ts'
import { type Body, type Dice, type Row, set } from './stories.ts'

/* ── receipts, with proofs that hold ── */

export function receiptsOtherwise(bodies: readonly Body[], dice: Dice): Told {
  const sessions = endedSessions(bodies)
  const log = forge(textsOf(bodies), [bodies.length])
  if (sessions.length === 0) return { what: 'a log without sessions', evidence: evidenceOf(log.lines([])) }
  const session = dice.pick(sessions)
  const proven = provenOf(bodies, session)
  const of = (kind: string) => [...bodies.keys()].filter((at) => bodies[at]!.kind === kind)
  const [started, configured] = [of('GatewayStarted'), of('ConfigurationApplied')]
  const indexes = dice.pick([
    proven,
    proven,
    proven.slice(1),
    [...proven.filter((at) => bodies[at]!.session === session), dice.pick(started), dice.pick(configured)],
    proven.filter((_, at) => at !== dice.below(proven.length)),
    [...proven, dice.below(bodies.length)],
    [...bodies.keys()].filter((at) => bodies[at]!.session === session || proven.includes(at)),
  ])
  const receipt = JSON.parse(log.receipt(session, indexes)) as Row & { entries: Row[] }
  const alter = dice.pick<readonly [string, () => void]>([
    ['as it is', () => undefined],
    ['of another session', () => set(receipt, 'session', dice.pick([...sessions, 's', '']))],
    ['of another log', () => set(receipt, 'origin', dice.pick(['hall/0000', 'hall', '/x', 'mill/7c1e', '']))],
    ['with a field more', () => Object.assign(dice.pick([receipt, receipt.entries[0]!]), { paid: true })],
    ['of another version', () => set(receipt, 'version', dice.pick([2, '1', 1.5]))],
    ['in another order', () => void receipt.entries.reverse()],
    ['with another index', () => set(receipt.entries.at(-1)!, 'index', bodies.length + dice.below(3))],
    ['with a longer proof', () => void (receipt.entries[0]!.proof as string[]).push(`${'A'.repeat(43)}=`)],
    [
      'with 54 hashes',
      () =>
        set(
          receipt.entries[0]!,
          'proof',
          Array.from({ length: dice.pick([53, 54]) }, () => `${'A'.repeat(43)}=`),
        ),
    ],
    ['without a proof', () => set(receipt.entries[0]!, 'proof', [])],
  ])
  alter[1]()
  const file = `${canonicalJson(receipt)}\n`
  const parts = dice.chance(0.6) ? [file] : log.lines([file])
  return { what: `a receipt of ${indexes.length} entries ${alter[0]}`, evidence: evidenceOf(parts) }
}

/* ── bundles ── */

type Bundling = (lines: readonly string[], dice: Dice, older: readonly string[]) => readonly string[]

const isEntry = (line: string) => line.startsWith('{"at":')
const isCheckpoint = (line: string) => line.startsWith('{"checkpoint"')
const isReceipt = (line: string) => line.startsWith('{"receipt"')
const isEnd = (line: string) => line.startsWith('{"end"')

const bundlings: Readonly<Record<string, Bundling>> = {
  'some receipts': (lines, dice) => counted(lines.filter((line) => !isReceipt(line) || dice.chance(0.5))),
  'receipts in another order': (lines) => withReceipts(lines, lines.filter(isReceipt).reverse()),
  'a receipt twice': (lines) =>
    withReceipts(
      lines,
      lines.filter(isReceipt).flatMap((line) => [line, line]),
    ),
  'receipts of an older checkpoint': (lines, _dice, older) => withReceipts(lines, older),
  'a checkpoint twice': (lines) => counted(lines.flatMap((line) => (isCheckpoint(line) ? [line, line] : [line]))),
  'no checkpoint': (lines) => counted(lines.filter((line) => !isCheckpoint(line) && !isReceipt(line))),
  'no newest checkpoint': (lines) => {
    const newest = lines.findLastIndex(isCheckpoint)
    return counted(lines.filter((line, at) => at !== newest && !isReceipt(line)))
  },
  'a receipt before a checkpoint': (lines) => {
    const first = lines.filter(isReceipt).slice(0, 1)
    const others = lines.filter((line) => !first.includes(line))
    const newest = others.findLastIndex(isCheckpoint)
    return [...others.slice(0, newest), ...first, ...others.slice(newest)]
  },
  'the end twice': (lines) => [...lines, lines.at(-1)!],
  'another count': (lines, dice) => {
    const count = dice.pick(['1', '1e3', '1000', '1.5', 'true'])
    return lines.map((line) => (isEnd(line) ? line.replace(/\d+(?=\}\}|,"receipts)/, count) : line))
  },
  'another header': ([header, ...rest], dice) => {
    const what = dice.pick(['"site":"hall"', 'latchkey-evidence', '"version":1', '/7c1e'])
    return [header!.replace(what, dice.pick(['"site":"ha"', 'latchkey-receipt', '"version":2', '/7c1f', ''])), ...rest]
  },
}

export function bundledOtherwise(bodies: readonly Body[], dice: Dice): Told {
  const half = 1 + dice.below(bodies.length)
  const linesUpTo = (size: number) => {
    const log = forge(textsOf(bodies.slice(0, size)), [...new Set([half, size])])
    return log.lines(sessionReceipts(log, bodies.slice(0, size))).map(String)
  }
  const name = dice.pick(Object.keys(bundlings))
  const lines = bundlings[name]!(linesUpTo(bodies.length), dice, linesUpTo(half).filter(isReceipt))
  return { what: name, evidence: evidenceOf(lines) }
}

function withReceipts(lines: readonly string[], receipts: readonly string[]): readonly string[] {
  const others = lines.filter((line) => !isReceipt(line))
  return counted([...others.slice(0, -1), ...receipts, ...others.slice(-1)])
}

/** With an end that counts what is there. */
function counted(lines: readonly string[]): readonly string[] {
  const count = (is: (line: string) => boolean) => lines.filter(is).length
  const end = { entries: count(isEntry), checkpoints: count(isCheckpoint), receipts: count(isReceipt) }
  return [...lines.slice(0, -1), endLine(end)]
}
