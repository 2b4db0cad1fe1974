/**
 * The verdict of `latchkey verify` and the answer of check.py on the same evidence, held against each other: good or
 * not, the code of the first fault, and of good evidence the notes and what each session is charged. Read next:
 * forgeries.ts.
 */
import { createNodeEd25519, nodeSha256 } from '../../../gateway/ledger/log/native.ts'
import type { Verdict } from '../../../gateway/ledger/verify/verdict.ts'
import { verifyBundle, verifyReceipt } from '../../../gateway/ledger/verify/verifier.ts'
import type { Evidence } from './forge.ts'
import type { Answer } from './python.ts'

const BUNDLE_HEAD = '{"format":"latchkey-evidence"'
const native = { sha256: nodeSha256, ed25519: createNodeEd25519() }

function verify({ bytes, keys, held }: Evidence, options: object): Verdict {
  const isBundle = Buffer.from(bytes.subarray(0, BUNDLE_HEAD.length)).toString() === BUNDLE_HEAD
  return isBundle ? verifyBundle(bytes, keys, { ...options, held }) : verifyReceipt(bytes, keys, options)
}

export type Comparison = {
  readonly ok: boolean
  /** The first fault of the verifier. */
  readonly fault: string | undefined
  /** What is not alike; undefined when all is. */
  readonly differs: string | undefined
}

/** `everywhere`: with the cryptography of a browser, too. */
export function compare(evidence: Evidence, answer: Answer, everywhere = false): Comparison {
  const verdict = verify(evidence, { ...native, thorough: true })
  const fault = verdict.faults[0]?.code
  const said = { ok: verdict.ok, fault }
  if (verdict.ok !== answer.ok || (fault ?? null) !== answer.fault)
    return {
      ...said,
      differs: `${fault ?? 'good'} (${verdict.faults[0]?.message ?? ''}), by check.py ${answer.fault ?? 'good'} (${answer.where ?? ''})`,
    }
  if (verdict.ok && JSON.stringify(factsOf(verdict)) !== JSON.stringify(factsIn(answer)))
    return { ...said, differs: `${JSON.stringify(factsOf(verdict))}, by check.py ${JSON.stringify(factsIn(answer))}` }
  const quick = verify(evidence, native)
  if (!isAlike(verdict, quick))
    return { ...said, differs: `not thorough: ${quick.faults[0]?.code ?? 'good'}, thorough: ${fault}` }
  const browser = everywhere ? verify(evidence, { thorough: true }) : verdict
  if (JSON.stringify(browser) !== JSON.stringify(verdict))
    return { ...said, differs: `in a browser: ${browser.faults[0]?.code ?? 'good'}` }
  return { ...said, differs: undefined }
}

/** What may be missed by leaving entries unread that say nothing about use: that they are malformed, and says so. */
function isAlike(thorough: Verdict, quick: Verdict): boolean {
  if (thorough.ok === quick.ok && thorough.faults[0]?.code === quick.faults[0]?.code) return true
  return thorough.faults[0]?.code === 'entry-malformed' && quick.notes.some(({ code }) => code === 'not-opened')
}

const sorted = <T>(record: Readonly<Record<string, T>>) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))

function factsOf({ notes, facts }: Verdict) {
  const used = (use: Verdict['facts']['sessions'][number]['use']) =>
    sorted(
      Object.fromEntries(
        use.filter(({ quantity }) => quantity !== '0').map(({ meter, quantity }) => [meter, quantity]),
      ),
    )
  return {
    notes: [...new Set(notes.map(({ code }) => code))].sort(),
    sessions: sorted(Object.fromEntries(facts.sessions.map(({ session, use }) => [session, used(use)]))),
    meters: sorted(
      Object.fromEntries(
        facts.meters.map((each) => [`${each.meter} ${each.unit}`, [each.units, each.sessions, each.corrected]]),
      ),
    ),
  }
}

function factsIn({ notes = [], sessions = {}, meters = {} }: Answer) {
  const used = (use: Readonly<Record<string, string>>) => sorted(use).filter(([, quantity]) => quantity !== '0')
  return {
    notes: [...notes].sort(),
    sessions: sorted(sessions).map(([session, use]) => [session, used(use)]),
    meters: sorted(meters),
  }
}
