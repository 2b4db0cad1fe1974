/**
 * Statements out of the ledger: the sessions that ended in a period, by their last entries, the bookings that nobody
 * used, and the credits that were approved, under the tariffs as they were published. Read next: credits.ts,
 * core/billing/statement.ts (what they cost), issue.ts (the file that proves it).
 */
import { type Period, type Statement, statementOf } from '../core/billing/statement.ts'
import { pinOf } from '../core/billing/tariff.ts'
import type { Entry } from '../core/ground/entry.ts'
import { DAY_MS } from '../core/ground/moment.ts'
import type { Session } from '../core/session/session.ts'
import { billedUse, creditsIn, type FoundCredit } from './credits.ts'
import type { Reader } from './store/reader.ts'

/** Uses, and credits, of one statement. */
export const MOST_SESSIONS = 10_000
/** A session ends so long after its intent at the most: a booking lasts 31 days, and its owner may take his time. */
const LONGEST_MS = 62 * DAY_MS
const SLICE = 500

type Asked = {
  readonly site: string
  readonly fromMs: number
  readonly toMs: number
  /** As the platform names the tenant; or by the pseudonym, which stays when the tenant is erased. */
  readonly tenant?: string
  readonly tenantRef?: string
  /** Of the machines; only sessions in which the owner has a share. */
  readonly owner?: string
  /** Only entries below this sequence: what the log said when the statement was made. */
  readonly below?: number
}

/** `entries`: of the uses, in no order; `credits` with what they rest on. */
type Found = {
  readonly statement: Statement
  readonly entries: readonly Entry[]
  readonly credits: readonly FoundCredit[]
}

/** Undefined when there are more uses or credits in the period than one statement may hold. */
export function readStatement(reader: Reader, asked: Asked): Found | undefined {
  const sessions = sessionsIn(reader, asked)
  const entries = [...(sessions ?? []), ...missedIn(reader, asked)]
  const credits = creditsIn(reader, asked, MOST_SESSIONS).filter(({ original }) => isEntryOf(reader, original, asked))
  if (sessions === undefined || entries.length > MOST_SESSIONS || credits.length > MOST_SESSIONS) return undefined
  const uses = entries.flatMap((entry) => billedUse(entry) ?? [])
  const tenantRef = asked.tenantRef ?? (asked.tenant && refIn([...entries, ...credits.map((each) => each.original)]))
  const tariffs = new Map(reader.tariffs().map((tariff) => [pinOf(tariff), tariff]))
  const made = credits.map(({ credit }) => credit)
  return { statement: statementOf(periodOf(asked, tenantRef), uses, tariffs, made), entries, credits }
}

function sessionsIn(reader: Reader, asked: Asked): Entry[] | undefined {
  const entries: Entry[] = []
  for (const session of endedIn(reader, asked)) {
    const { last } = reader.sessionEnds(session.id, asked.below)
    const entry = last === undefined ? undefined : reader.entries(last, 1)[0]
    if (entry === undefined) continue
    entries.push(entry)
    if (entries.length > MOST_SESSIONS) return undefined
  }
  return entries
}

function missedIn(reader: Reader, asked: Asked): Entry[] {
  const missed = reader.missedEntries(asked.fromMs, asked.toMs, MOST_SESSIONS + 1, asked.below)
  return missed.filter((entry) => isEntryOf(reader, entry, asked))
}

/** The pseudonym of the one tenant whose entries these are. */
const refIn = ([entry]: readonly Entry[]) => (entry === undefined ? undefined : billedUse(entry)?.tenant)

/** Whether an entry with a bill is of the tenant or the owner who is asked for. */
function isEntryOf(reader: Reader, entry: Entry, { tenant, tenantRef, owner }: Asked): boolean {
  const use = billedUse(entry)
  if (use === undefined || (tenantRef !== undefined && use.tenant !== tenantRef)) return false
  if (owner !== undefined && !use.shares.some((share) => share.owner === owner)) return false
  return tenant === undefined || tenantOf(reader, entry, use.booking) === tenant
}

const tenantOf = (reader: Reader, { session }: Entry, booking: string) =>
  (session === undefined ? reader.booking(booking) : reader.session(session))?.tenant

function periodOf({ site, fromMs, toMs, tenant, owner }: Asked, tenantRef: string | undefined): Period {
  const times = { site, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }
  if (tenant !== undefined || tenantRef !== undefined)
    return { ...times, ...(tenantRef === undefined ? {} : { tenant: tenantRef }) }
  return { ...times, ...(owner === undefined ? {} : { owner }) }
}

function* endedIn(reader: Reader, asked: Asked): Generator<Session> {
  const { fromMs, toMs, tenant, owner } = asked
  const filter = { ...(tenant === undefined ? {} : { tenant }), ...(owner === undefined ? {} : { owner }) }
  let after: string | undefined
  for (;;) {
    const page = reader.sessions({
      ...filter,
      fromMs: fromMs - LONGEST_MS,
      toMs,
      limit: SLICE,
      ...(after === undefined ? {} : { after }),
    })
    for (const session of page) if (isOf(session, asked)) yield session
    if (page.length < SLICE) return
    after = page.at(-1)!.id
  }
}

function isOf({ status, endedAtMs, shares, ...session }: Session, { fromMs, toMs, tenantRef, owner }: Asked): boolean {
  if (status !== 'ended' || endedAtMs === undefined || endedAtMs < fromMs || endedAtMs >= toMs) return false
  if (tenantRef !== undefined && session.tenantRef !== tenantRef) return false
  return owner === undefined || shares === undefined || shares.some((share) => share.owner === owner)
}
