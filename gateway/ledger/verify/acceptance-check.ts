/**
 * The acceptance of a machine, checked: its report is one entry of the signed log, unchanged. Whether the machine is
 * what the report says, only a person before it can tell.
 * Pure. Read next: ledger/evidence/acceptance.ts (the file), receipt-check.ts.
 */
import type { AcceptanceFile } from '../evidence/acceptance.ts'
import { siteOf } from '../evidence/bundle.ts'
import { isObject } from '../evidence/canonical.ts'
import type { Sha256 } from '../evidence/merkle.ts'
import type { SignedCheckpoint } from '../evidence/trust.ts'
import { type AcceptanceFacts, checkpointFacts, type Facts, noFacts } from './facts.ts'
import { openProven, requireIncluded } from './receipt-check.ts'
import type { Report } from './report.ts'

const KIND = 'AcceptanceRecorded'

/** `signed`: its checkpoint; undefined when that is not good, which the report says. */
export function checkAcceptance(
  file: AcceptanceFile,
  signed: SignedCheckpoint | undefined,
  report: Report,
  sha256: Sha256,
): Facts {
  const { origin, entries } = file
  const site = siteOf(origin)
  if (site === '') report.fault('site-differs', `no site in ${origin}`)
  const opened = openProven(entries, site, report)
  if (signed !== undefined) requireIncluded(file, signed, report, sha256)
  const accepted = opened.flatMap(({ kind, seq, at, machine }) => {
    const data = kind === KIND ? dataOf(entries.find(({ index }) => index === seq)?.body ?? '') : undefined
    return data === undefined ? [] : [factsOf(data, { seq, at, machine })]
  })
  if (accepted.length !== 1 || entries.length !== 1)
    report.fault('acceptance-missing', `${accepted.length} of ${entries.length}`)
  return {
    ...noFacts,
    origin,
    site,
    entries: entries.length,
    checkpoints: signed === undefined ? [] : [checkpointFacts(signed)],
    accepted,
  }
}

/** An entry was opened before, so its text is JSON with an object as `data`. */
function dataOf(body: string): Readonly<Record<string, unknown>> | undefined {
  const { data } = JSON.parse(body) as { readonly data: unknown }
  return isObject(data) ? data : undefined
}

type Place = Pick<AcceptanceFacts, 'seq' | 'at' | 'machine'>

function factsOf(
  { accepted, label, by, reason, lock, readings }: Readonly<Record<string, unknown>>,
  place: Place,
): AcceptanceFacts {
  const text = (value: unknown) => (value === undefined ? '' : String(value))
  return {
    ...place,
    accepted: accepted === true,
    label: text(label),
    by: text(by),
    reason: text(reason),
    drill: isObject(lock) ? text(lock.drill) : '',
    readings: (Array.isArray(readings) ? readings : []).filter(isObject).map((reading) => ({
      signal: text(reading.signal),
      shown: `${text(reading.shown)} ${text(reading.unit ?? reading.reportedIn)}`.trim(),
      reported: `${text(reading.reported)} ${text(reading.reportedIn)}`.trim(),
      agrees: reading.agrees === true,
    })),
  }
}
