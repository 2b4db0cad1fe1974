/**
 * `latchkey verify <file>`: checks a receipt, a statement, a timeline, an acceptance or an evidence bundle against keys
 * that came another way. It needs no gateway, no site file and no network; the verdict is that of the page in
 * ../ledger/verify/page/. A bundle may be of any size.
 * Read next: ledger/verify/verifier.ts.
 */
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { ACCEPTANCE_HEAD } from '../ledger/evidence/acceptance.ts'
import { STATEMENT_HEAD } from '../ledger/evidence/statement.ts'
import { TIMELINE_HEAD } from '../ledger/evidence/timeline.ts'
import { createNodeEd25519, nodeSha256 } from '../ledger/log/native.ts'
import { openBundle, type VerifyOptions } from '../ledger/verify/bundle-check.ts'
import type { AcceptanceFacts, HandFacts } from '../ledger/verify/facts.ts'
import { type Times, timeElements, timeText } from '../ledger/verify/times.ts'
import type { Note, Verdict } from '../ledger/verify/verdict.ts'
import { verifyAcceptance, verifyReceipt, verifyStatement, verifyTimeline } from '../ledger/verify/verifier.ts'
import type { Io } from './site.ts'

export type VerifyCommandOptions = {
  /** Verification keys: lines `<vkey> [from=<size>] [until=<size>]`, or files of such lines. */
  readonly keys: readonly string[]
  /** Files of signed checkpoints kept outside; the log must be a continuation of each. */
  readonly held?: readonly string[] | undefined
  /** Bundles: also parse the entries that say nothing about use. */
  readonly thorough?: boolean | undefined
  /** The verdict as JSON instead of lines. */
  readonly json?: boolean | undefined
}

const BUNDLE_HEAD = '{"format":"latchkey-evidence"'
const READ_BYTES = 1_048_576
const MAX_STATEMENT_BYTES = 100_000_000

/** The exit code: 0 good, 1 not good, 2 could not be checked. */
export async function verifyCommand(
  file: string,
  options: VerifyCommandOptions,
  io: Pick<Io, 'stdout' | 'stderr'>,
): Promise<number> {
  let verdict: Verdict
  try {
    verdict = await check(file, options)
  } catch (error) {
    io.stderr.write(`${(error as Error).message}\n`)
    return 2
  }
  io.stdout.write(
    options.json ? `${JSON.stringify(verdict, null, 2)}\n` : `${linesOf(file, verdict).map(printable).join('\n')}\n`,
  )
  return verdict.ok ? 0 : 1
}

async function check(file: string, { keys, held = [], thorough = false }: VerifyCommandOptions): Promise<Verdict> {
  const vkeys = keys.flatMap((key) => (existsSync(key) ? readFileSync(key, 'utf8').split('\n') : [key]))
  const options: VerifyOptions = {
    sha256: nodeSha256,
    ed25519: createNodeEd25519(),
    held: held.map((path) => readFileSync(path, 'utf8')),
    thorough,
  }
  let bundle: ReturnType<typeof openBundle> | undefined
  let begun = Buffer.alloc(0)
  for await (const piece of createReadStream(file, { highWaterMark: READ_BYTES })) {
    if (bundle !== undefined) bundle.push(piece as Buffer)
    else {
      begun = Buffer.concat([begun, piece as Buffer])
      if (!begins(begun, BUNDLE_HEAD)) {
        // No receipt, no statement and no timeline is longer.
        if (begun.length > (isLong(begun) ? MAX_STATEMENT_BYTES : READ_BYTES)) break
        continue
      }
      bundle = openBundle(vkeys, options)
      bundle.push(begun)
    }
  }
  if (bundle !== undefined) return bundle.end()
  if (begins(begun, ACCEPTANCE_HEAD)) return verifyAcceptance(begun, vkeys, options)
  if (begins(begun, TIMELINE_HEAD)) return verifyTimeline(begun, vkeys, options)
  return begins(begun, STATEMENT_HEAD) ? verifyStatement(begun, vkeys, options) : verifyReceipt(begun, vkeys, options)
}

const begins = (bytes: Buffer, head: string) => bytes.subarray(0, head.length).equals(Buffer.from(head))

const isLong = (bytes: Buffer) => begins(bytes, STATEMENT_HEAD) || begins(bytes, TIMELINE_HEAD)

/* ── as text ── */

function linesOf(file: string, { ok, kind, facts, faults, moreFaults, notes }: Verdict): string[] {
  const newest = facts.checkpoints.at(-1)
  return [
    `${file}: ${ok ? 'good' : 'NOT GOOD'}`,
    ...(facts.origin === undefined
      ? []
      : [
          `${kind} of ${facts.origin}: ${count(facts.entries, 'entry', 'entries')}, ${count(facts.sessions.length, 'session')}`,
        ]),
    ...(newest === undefined ? [] : [`signed up to size ${newest.size} by ${newest.signers.join(', ')}`]),
    ...(newest?.witnesses ?? []).map(({ name, at }) => `witnessed by ${name} at ${at}`),
    ...faults.map(({ code, message }) => `fault ${code}: ${message}`),
    ...(moreFaults > 0 ? [`and ${count(moreFaults, 'more fault')}`] : []),
    ...facts.sessions.flatMap((session) => [
      `session ${session.session} on ${session.machine}${session.simulated ? ' (simulated, never billable)' : ''}: ${session.startedAt ?? 'unknown'} to ${session.endedAt}, ${[session.stoppedReason, ...session.marks].join(', ')}`,
      `  booking ${session.booking}, tenant ${session.tenant}`,
      ...(session.clocks === undefined ? [] : [`  ${clockLine(session.clocks)}`]),
      ...session.use.map(
        ({ meter, unit, quantity, overrun, begin, end, elsewhere }) =>
          `  ${meter}: ${quantity} ${unit} (from ${begin} to ${end}${overrun === undefined ? '' : `, ${overrun} of it after the grace`}${elsewhere === '0' ? '' : `, ${elsewhere} not charged to it`})`,
      ),
    ]),
    ...facts.meters.flatMap((meter) => [
      `meter ${meter.meter}: ${meter.units} ${meter.unit} = ${meter.sessions} in sessions + ${meter.elsewhere} elsewhere`,
      ...meter.epochs
        .filter(({ counted }) => counted !== undefined)
        .map(
          ({ epoch, firstRaw, lastRaw, wraps, units, counted }) =>
            `  epoch ${epoch}: counter ${firstRaw} to ${lastRaw}${wraps === 0 ? '' : `, ${count(wraps, 'wrap')}`}: ${counted} counted, ${units} booked`,
        ),
    ]),
    ...(facts.accepted ?? []).flatMap(acceptanceLines),
    ...facts.byHand.map(handLine),
    ...facts.identity.map(({ seq, at, version, configurationId }) =>
      version === undefined
        ? `from entry ${seq}, ${at}: configuration ${configurationId}`
        : `from entry ${seq}, ${at}: software ${version}`,
    ),
    ...notes.map(noteLine),
  ]
}

function clockLine(clocks: Times): string {
  const names = { bookedMs: 'booked', occupiedMs: 'occupied', poweredMs: 'powered', executingMs: 'executing' } as const
  return Object.entries(names)
    .map(([key, name]) => `${name} ${timeText(clocks[key as keyof Times])} (${timeElements[key as keyof Times]})`)
    .join(', ')
}

function handLine({ seq, kind, machine, reason, original, text, units }: HandFacts): string {
  const moved = units.map(
    ({ meter, unit, quantity, from, to }) => `${quantity} ${unit} of ${meter} from ${from} to ${to}`,
  )
  const what = kind === 'Correction' ? `correction of entry ${original}` : 'manual entry'
  return `entry ${seq}, ${what} on ${machine}: ${[...moved, reason, ...(text === undefined ? [] : [text])].join('; ')}`
}

function acceptanceLines({ at, machine, accepted, label, by, drill, reason, readings }: AcceptanceFacts): string[] {
  return [
    `${machine} ${accepted ? 'accepted' : 'NOT accepted'} at ${at} by ${by}: ${reason}; label ${label}, drill ${drill}`,
    ...readings.map(
      ({ signal, shown, reported, agrees }) =>
        `  ${signal}: display ${shown}, read ${reported}: ${agrees ? 'agrees' : 'DIFFERS'}`,
    ),
  ]
}

function noteLine({ code, message, count: times }: Note): string {
  return `note ${code}: ${message}${times === 1 ? '' : `, ${times} times`}`
}

/** Evidence comes from others: nothing in it may steer a terminal. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
