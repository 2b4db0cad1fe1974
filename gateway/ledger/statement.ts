/**
 * Statements out of the ledger: the sessions that ended in a period, by their last entries, under the tariffs as they
 * were published. Read next: core/billing/statement.ts (what they cost), issue.ts (the file that proves it).
 */
import { useOf } from '../core/billing/entry.ts'
import { type Period, type Statement, statementOf } from '../core/billing/statement.ts'
import { pinOf } from '../core/billing/tariff.ts'
import type { Entry } from '../core/ground/entry.ts'
import { DAY_MS } from '../core/ground/moment.ts'
import type { Session } from '../core/session/session.ts'
import type { Reader } from './store/reader.ts'

/** Sessions of one statement. */
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
}

type Found = { readonly statement: Statement; readonly entries: readonly Entry[] }

/** Undefined when more sessions ended in the period than one statement may hold. */
export function readStatement(reader: Reader, asked: Asked): Found | undefined {
  const entries: Entry[] = []
  let { tenantRef } = asked
  for (const session of endedIn(reader, asked)) {
    const { last } = reader.sessionEnds(session.id)
    const entry = last === undefined ? undefined : reader.entries(last, 1)[0]
    if (entry === undefined) continue
    if (asked.tenant !== undefined) tenantRef = session.tenantRef
    entries.push(entry)
    if (entries.length > MOST_SESSIONS) return undefined
  }
  const uses = entries.map(({ body }) => useOf(body))
  const tariffs = new Map(reader.tariffs().map((tariff) => [pinOf(tariff), tariff]))
  return { statement: statementOf(periodOf(asked, tenantRef), uses, tariffs), entries }
}

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
