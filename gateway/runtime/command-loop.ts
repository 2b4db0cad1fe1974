/**
 * Commands from the front: authorised here, carried out by the machine they are for, answered once. Bookings are decided
 * here, since they meet across machines. What is refused leaves an AccessDenied entry, at a bounded rate.
 */
import { createHash, randomInt } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { SiteConfig } from '../../config/site.ts'
import { type Booking, type BookingInput, decidePut, isHolding } from '../core/booking.ts'
import type { Command, Outcome, Principal } from '../core/command.ts'
import { type Adjustment, type By, heldBySession } from '../core/correction.ts'
import type { Entry, EntryKind, JsonObject, Stamp } from '../core/entry.ts'
import { ERASED, refuseErasure } from '../core/erasure.ts'
import { type Refusal, refuse, told } from '../core/error.ts'
import { authoriseSession, authoriseTechnician, authoriseUnlock, issuerOf, isWithinKey } from '../core/permission.ts'
import {
  decideList,
  type RevocationList,
  type Revocations,
  refuseRevoked,
  refuseStale,
} from '../core/revocation-list.ts'
import { isOpen, type Session } from '../core/session.ts'
import { sharesAt } from '../core/shares.ts'
import type { Change } from '../ledger/ledger.ts'
import { createDrills } from './drills.ts'
import type { LinkLoop } from './link-loop.ts'
import type { MachineLoop } from './machine-loop.ts'
import { onPeople, type PeopleDeps } from './people.ts'
import type { Pseudonyms } from './pseudonyms.ts'

/** Outcomes kept for repeats with the same Idempotency-Key. */
const MAX_KEYS = 10_000
/** AccessDenied entries a minute; more are counted in the next one. */
const MAX_DENIALS = 60
const NOT_DENIED: ReadonlySet<Refusal['code']> = new Set([
  'not-fresh',
  'machine-not-ready',
  'machine-refused',
  'clean-down',
  'inspection-due',
  'inspection-failed',
  'unconfirmed',
  'stopping',
])
/** Bookings of a snapshot taken between two flushes; the control thread is free in between. */
const SNAPSHOT_SLICE = 20

export type CommandLoop = {
  take(command: Command): Promise<Outcome>
  /** For every change on its way to the ledger: which tokens are spent. */
  note(change: Change): void
  settle(command: number, outcome: Outcome): void
  /** What to look at, for health. */
  notes(): string[]
  /** Breaks off a drill that is under way. */
  stop(): Promise<void>
}

export type CommandLoopDeps = {
  readonly config: SiteConfig
  readonly machines: ReadonlyMap<string, MachineLoop>
  readonly links: ReadonlyMap<string, LinkLoop>
  readonly spent: Map<string, string>
  readonly pseudonyms: Pseudonyms
  readonly snapshotVersion: number
  /** One an issuer, as they were kept. */
  readonly revocations: readonly RevocationList[]
  /** Settles once the ledger has been held against the outside, or that took too long; an unlock waits for it. */
  readonly anchorKnown: Promise<void>
  stamp(): Stamp
  nowMs(): number
  nowNs(): bigint
  onFailure(error: Error): void
  append(change: Change): void
  flush(): Promise<void>
  /** The platform has been heard of. */
  contacted(): void
  /** It has not been for `bookings.contact`. */
  offline(): boolean
  /** A booking or session that is no longer in memory. */
  recall: {
    booking(id: string): Booking | undefined
    session(id: string): Session | undefined
    entry(seq: number): Entry | undefined
    /** What corrections have moved to and from a session. */
    adjustments(session: string): Adjustment[]
  }
}

export function createCommandLoop(deps: CommandLoopDeps): CommandLoop {
  const { config, machines } = deps
  const waiting = new Map<number, (outcome: Outcome) => void>()
  const outcomes = new Map<string, { fingerprint: string; outcome: Promise<Outcome> }>()
  let nextCommand = 1
  let snapshotVersion = deps.snapshotVersion
  let snapshotRunning = false
  /** Token ids a machine is being asked with, and which; one that is not spent yet may not come twice. */
  const asking = new Map<string, string>()
  const lists = new Map(deps.revocations.map((list) => [list.issuer, list]))
  let corrections: Promise<void> = Promise.resolve()
  let denials = { minute: 0, count: 0, suppressed: 0 }

  const find = (id: string) =>
    [...machines.values()].flatMap(({ state }) => state.bookings.find((booking) => booking.id === id) ?? [])[0]
  const bookings = () => [...machines.values()].flatMap((machine) => machine.state.bookings)
  const openBookings = () =>
    bookings().filter((booking) => booking.status === 'held' || booking.status === 'used').length
  const tenantRef = deps.pseudonyms.of
  const refused = (refusal: Refusal): Outcome => ({ kind: 'refused', refusal })

  function record(kind: EntryKind, data: JsonObject, machine?: string): void {
    deps.append({
      kind: 'entry',
      entry: { kind, version: 1, ...(machine === undefined ? {} : { machine }), at: deps.stamp(), data },
    })
  }

  const acceptsSigned = ({ state }: MachineLoop) =>
    deps.offline() ? state.config.offline.policy === 'accept-signed' : config.bookings.unknown === 'accept-signed'
  const people: PeopleDeps = {
    ask,
    tenantRef,
    acceptsSigned,
    nowMs: deps.nowMs,
    maxOverrideMs: config.bounds.maxOverrideMs,
    earlyStartMs: config.bookings.earlyStartMs,
    anchorKnown: deps.anchorKnown,
  }

  /** Hands a command to its machine; the machine answers through `settle`. */
  function ask(
    machine: MachineLoop,
    event: (command: number) => Parameters<MachineLoop['dispatch']>[0],
  ): Promise<Outcome> {
    const command = nextCommand++
    return new Promise((resolve) => {
      waiting.set(command, resolve)
      machine.dispatch(event(command))
    })
  }

  const drills = createDrills({ ...deps, ask })

  async function take(command: Command): Promise<Outcome> {
    switch (command.kind) {
      case 'put-booking':
        return command.principal.role === 'platform' ? putBooking(command.booking) : refused(refuse('forbidden'))
      case 'put-bookings':
        return command.principal.role === 'platform'
          ? putSnapshot(command.version, command.bookings)
          : refused(refuse('forbidden'))
      case 'cancel-booking':
        return command.principal.role === 'platform'
          ? cancel(command.id, command.issuedAtMs)
          : refused(refuse('forbidden'))
      case 'put-revocations':
        return command.principal.role === 'platform' ? putList(command.list) : refused(refuse('forbidden'))
      case 'unlock':
        return unlockOnce(command)
      case 'end':
      case 'resume':
        return onSession(command)
      case 'maintenance':
      case 'override':
      case 'inspect': {
        const machine = machines.get(command.machine)
        return machine === undefined ? refused(refuse('not-found')) : onPeople(command, machine, people)
      }
      case 'put-block':
      case 'remove-block':
        return onBlock(command)
      case 'drill':
      case 'drill-view': {
        const machine = machines.get(command.machine)
        if (machine === undefined) return refused(refuse('not-found'))
        const refusal = authoriseTechnician(command.principal, command.machine)
        if (refusal) return refused(refusal)
        if (command.kind === 'drill') return drills.begin(machine, command.principal.id, command.reason)
        const drill = drills.view(command.machine)
        return drill === undefined ? refused(refuse('not-found', 'no drill since the start')) : { kind: 'drill', drill }
      }
      case 'correct': {
        const outcome = corrections.then(() => correct(command))
        corrections = outcome.then(() => undefined)
        return outcome
      }
      case 'manual-entry':
        return enterByHand(command)
      case 'erase-tenant':
        return command.principal.role === 'platform' ? erase(command.tenant) : refused(refuse('forbidden'))
      case 'denied':
        denials.suppressed += command.untold ?? 0
        deny(command.code, () => command.what, command.machine)
        return { kind: 'done' }
    }
  }

  /* ── bookings ── */

  async function putBooking(input: BookingInput): Promise<Outcome> {
    const outcome = decideBooking(input)
    await deps.flush()
    return outcome
  }

  /** Decided and applied; durable with the next flush. */
  function decideBooking(input: BookingInput): Outcome {
    const machine = machines.get(input.machine)
    if (machine === undefined) return refused(refuse('not-found', `there is no machine ${input.machine} here`))
    const known = find(input.id) ?? deps.recall.booking(input.id)
    const others = machine.state.bookings.filter((booking) => booking.id !== input.id)
    const room = openBookings() < config.bounds.maxBookings
    const decision = decidePut(
      known === undefined ? others : [...others, known],
      input,
      'push',
      room,
      machine.state.row.blocks,
    )
    if (decision.kind === 'refused') return refused(decision.refusal)
    if (decision.kind === 'unchanged') return { kind: 'booking', booking: decision.booking, created: false }
    apply(decision.booking)
    recordBooking(decision.booking)
    return { kind: 'booking', booking: decision.booking, created: decision.created }
  }

  function apply(booking: Booking): void {
    const machine = machines.get(booking.machine)!
    deps.append({ kind: 'booking', booking })
    const others = machine.state.bookings.filter((item) => item.id !== booking.id)
    machine.dispatch({ kind: 'bookings', bookings: [...others, booking] })
  }

  function recordBooking(booking: Booking): void {
    const { id, version, startMs, endMs, source, limits, qualifications } = booking
    record(
      'BookingPut',
      {
        booking: id,
        version,
        tenant: tenantRef(booking.tenant),
        start: new Date(startMs).toISOString(),
        end: new Date(endMs).toISOString(),
        source,
        limits: { ...limits },
        ...(qualifications === undefined ? {} : { qualifications: [...qualifications] }),
      },
      booking.machine,
    )
  }

  async function cancel(id: string, issuedAtMs = deps.nowMs()): Promise<Outcome> {
    const booking = find(id)
    if (booking === undefined)
      return deps.recall.booking(id) === undefined ? refused(refuse('not-found')) : { kind: 'done' }
    cancelBooking(booking, 'cancelled', issuedAtMs)
    await deps.flush()
    return { kind: 'done' }
  }

  function cancelBooking(booking: Booking, reason: string, issuedAtMs: number): void {
    if (booking.status === 'cancelled' || booking.status === 'ended') return
    const cancelledAtMs = Math.min(issuedAtMs, deps.nowMs())
    apply({ ...booking, status: 'cancelled', cancelledAtMs })
    const { id, version, machine } = booking
    const issuedAt = new Date(cancelledAtMs).toISOString()
    record('BookingCancelled', { booking: id, version, reason, issuedAt }, machine)
  }

  function revocations(): Revocations {
    const { maxAgeMs } = config.bookings.revocations ?? {}
    return { lists: [...lists.values()], nowMs: deps.nowMs(), ...(maxAgeMs === undefined ? {} : { maxAgeMs }) }
  }

  /** In force at once; answered when it is durable and has reached every machine. */
  async function putList(list: RevocationList): Promise<Outcome> {
    deps.contacted()
    const decision = decideList(lists.get(list.issuer), list)
    if (decision.kind === 'refused') return refused(decision.refusal)
    if (decision.kind === 'taken') {
      const { issuer, number, issuedAtMs, bookings: ids, jtis } = list
      lists.set(issuer, list)
      deps.append({ kind: 'revocations', list })
      const issuedAt = new Date(issuedAtMs).toISOString()
      record('RevocationsTaken', { issuer, number, issuedAt, bookings: ids.length, jtis: jtis.length })
      for (const machine of machines.values()) machine.dispatch({ kind: 'revoked', jtis, issuedAtMs })
    }
    // also for a list that is known: a restart may have cut short what it began
    const ids = new Set(list.bookings)
    const gone = bookings().filter((booking) => ids.has(booking.id))
    for (const [index, booking] of gone.entries()) {
      cancelBooking(booking, 'revoked', list.issuedAtMs)
      if (index % SNAPSHOT_SLICE === 0) await deps.flush()
    }
    await deps.flush()
    return { kind: 'done' }
  }

  /** A list that came while the machine was being asked: what it revokes ends at once. */
  function endIfRevoked(machine: MachineLoop, { booking, jti }: { booking: string; jti: string | undefined }): void {
    const list = [...lists.values()].find((each) => refuseRevoked({ lists: [each] }, { booking, jti }))
    if (list === undefined) return
    const known = find(booking)
    if (known && list.bookings.includes(booking)) cancelBooking(known, 'revoked', list.issuedAtMs)
    machine.dispatch({ kind: 'revoked', jtis: list.jtis, issuedAtMs: list.issuedAtMs })
  }

  /**
   * The whole truth of the platform: what is not in it and not over is cancelled, also while it is in use; only what came
   * with a token stays, which may be younger. The order of the list does not matter: what stands in the way of another
   * only because it is yet to be moved is tried again. Heartbeats go on meanwhile.
   */
  async function putSnapshot(version: number, inputs: readonly BookingInput[]): Promise<Outcome> {
    if (snapshotRunning) return refused(refuse('busy', 'another snapshot is being taken'))
    if (version <= snapshotVersion) return refused(refuse('booking-version', `snapshot ${snapshotVersion} is known`))
    snapshotRunning = true
    try {
      const ids = new Set(inputs.map((input) => input.id))
      const gone = bookings().filter(
        (booking) => !ids.has(booking.id) && isHolding(booking) && booking.source === 'push',
      )
      for (const [index, booking] of gone.entries()) {
        cancelBooking(booking, 'not in the snapshot', deps.nowMs())
        if (index % SNAPSHOT_SLICE === 0) await deps.flush()
      }
      let failed = await putEach(inputs)
      for (let before = inputs.length; failed.length > 0 && failed.length < before; ) {
        before = failed.length
        failed = await putEach(failed.map(({ input }) => input))
      }
      // Those that only exchange their times hold each other up: none of them is where it was any more.
      const moved = failed.flatMap(({ input, code }) => (code === 'booking-conflict' ? (heldAt(input) ?? []) : []))
      if (moved.length > 0) {
        for (const booking of moved) cancelBooking(booking, 'moved by the snapshot', deps.nowMs())
        failed = await putEach(failed.map(({ input }) => input))
      }
      deps.append({ kind: 'booking-snapshot', version })
      await deps.flush()
      snapshotVersion = version
      const not = failed.map(({ input, code }) => ({ id: input.id, code }))
      return { kind: 'bookings', version, put: inputs.length - not.length, cancelled: gone.length, refused: not }
    } finally {
      snapshotRunning = false
    }
  }

  /** Those that were refused. */
  async function putEach(inputs: readonly BookingInput[]): Promise<{ input: BookingInput; code: Refusal['code'] }[]> {
    const failed: { input: BookingInput; code: Refusal['code'] }[] = []
    for (const [index, input] of inputs.entries()) {
      const outcome = decideBooking(input)
      if (outcome.kind === 'refused') failed.push({ input, code: outcome.refusal.code })
      if (index % SNAPSHOT_SLICE === 0) await deps.flush()
    }
    return failed
  }

  /** The booking as it is held, if the snapshot would move it. */
  function heldAt({ id, version }: BookingInput): Booking | undefined {
    const known = find(id)
    return known?.status === 'held' && known.version < version ? known : undefined
  }

  /* ── forgetting a tenant ── */

  async function erase(tenant: string): Promise<Outcome> {
    const sessions = [...machines.values()].flatMap(({ state }) => state.session ?? [])
    const refusal = refuseErasure(tenant, bookings(), sessions, deps.nowMs())
    if (refusal) return refused(refusal)
    const ref = deps.pseudonyms.known(tenant)
    if (ref === undefined) return refused(refuse('not-found', 'nothing here is of such a tenant'))
    for (const machine of machines.values()) {
      const { bookings: kept } = machine.state
      if (kept.every((booking) => booking.tenant !== tenant)) continue
      const forgotten = kept.map((booking) => (booking.tenant === tenant ? { ...booking, tenant: ERASED } : booking))
      machine.dispatch({ kind: 'bookings', bookings: forgotten })
    }
    for (const key of [...outcomes.keys()]) if (key.startsWith(`tenant:${tenant}:`)) outcomes.delete(key)
    deps.pseudonyms.erase(tenant)
    record('TenantErased', { tenant: ref, by: 'platform' })
    await deps.flush()
    return { kind: 'done' }
  }

  /* ── unlock, end, resume ── */

  /** The same key, principal and request give the stored outcome; another request under it is refused. */
  function unlockOnce(command: Extract<Command, { kind: 'unlock' }>): Promise<Outcome> {
    if (command.idempotencyKey === undefined) return unlock(command)
    const key = `${command.principal.role}:${command.principal.id}:${command.idempotencyKey}`
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([command.machine, command.booking ?? null, jtiOf(command.principal) ?? null]))
      .digest('hex')
    const known = outcomes.get(key)
    if (known) return known.fingerprint === fingerprint ? known.outcome : Promise.resolve(refused(refuse('key-reused')))
    const outcome = unlock(command)
    outcomes.set(key, { fingerprint, outcome })
    if (outcomes.size > MAX_KEYS) outcomes.delete(outcomes.keys().next().value!)
    // A refusal leaves nothing behind: the same request may be tried again.
    void outcome.then((result) => {
      if (result.kind === 'refused' && result.refusal.code !== 'unconfirmed') outcomes.delete(key)
    })
    return outcome
  }

  async function unlock(command: Extract<Command, { kind: 'unlock' }>): Promise<Outcome> {
    await deps.anchorKnown
    const { principal } = command
    const machine = machines.get(command.machine)
    if (machine === undefined) return refused(refuse('not-found'))
    const authority = authoriseUnlock(principal, command.machine, command.booking, {
      bookings: bookings(),
      spentBy: (jti) => deps.spent.get(jti),
      acceptSigned: acceptsSigned(machine),
      room: openBookings() < config.bounds.maxBookings,
      ...(machine.state.row.blocks ? { blocks: machine.state.row.blocks } : {}),
      revocations: revocations(),
    })
    if ('code' in authority) {
      const repeated = authority.code === 'token-replayed' ? sameUnlock(command, authority) : undefined
      if (repeated) return { kind: 'session', session: repeated }
      return denied(authority, command)
    }
    const { jti } = authority
    const asked = jti === undefined ? undefined : asking.get(jti)
    if (asked !== undefined && asked !== command.machine)
      return denied(refuse('token-replayed', 'it is being used at another machine'), command)
    const first = jti !== undefined && asked === undefined
    if (first) asking.set(jti, command.machine)
    const outcome = await ask(machine, (id) => ({
      kind: 'unlock',
      request: {
        command: id,
        principal,
        booking: authority.booking,
        newBooking: authority.newBooking,
        ...(authority.jti === undefined ? {} : { jti: authority.jti, jtiExpMs: authority.jtiExpMs! }),
        ...(authority.qualifications === undefined ? {} : { qualifications: authority.qualifications }),
        ...(command.idempotencyKey === undefined ? {} : { idempotencyKey: command.idempotencyKey }),
        sessionId: uuidv7(),
        tag: randomInt(1, 2 ** 32),
        tenantRef: tenantRef(authority.booking.tenant),
      },
    })).finally(() => first && asking.delete(jti))
    endIfRevoked(machine, { booking: authority.booking.id, jti: authority.jti })
    return outcome.kind === 'refused' ? denied(outcome.refusal, command) : outcome
  }

  /** After a restart: the token was spent by this very request. */
  function sameUnlock(command: Extract<Command, { kind: 'unlock' }>, { extra }: Refusal): Session | undefined {
    const session = typeof extra?.session === 'string' ? deps.recall.session(extra.session) : undefined
    const same =
      session !== undefined &&
      command.idempotencyKey !== undefined &&
      session.idempotencyKey === command.idempotencyKey &&
      session.machine === command.machine
    return same && session.startedAtMs !== undefined && isOpen(session) ? session : undefined
  }

  /** What the machine or the gateway could not do is no denial of access. */
  function denied(refusal: Refusal, command: Extract<Command, { kind: 'unlock' }>): Outcome {
    const { principal } = command
    if (NOT_DENIED.has(refusal.code)) return refused(refusal)
    const who = () => (principal.role === 'tenant' ? tenantRef(principal.id) : `${principal.role}:${principal.id}`)
    deny(refusal.code, who, command.machine)
    return refused(refusal)
  }

  async function onSession(command: Extract<Command, { kind: 'end' | 'resume' }>): Promise<Outcome> {
    const machine = [...machines.values()].find(({ state }) => state.session?.id === command.session)
    const session = machine?.state.session ?? deps.recall.session(command.session)
    if (session === undefined) return refused(refuse('not-found'))
    const refusal = authoriseSession(command.principal, session, command.kind)
    if (refusal) return refused(refusal)
    if (machine === undefined)
      return command.kind === 'end' ? { kind: 'session', session } : refused(refuse('session-ended'))
    const { role } = command.principal
    if (command.kind === 'resume') await deps.anchorKnown
    if (command.kind === 'resume' && command.principal.role === 'tenant') {
      const stale = refuseStale(revocations(), issuerOf(command.principal))
      if (stale) return refused(stale)
    }
    if (command.kind === 'resume') return ask(machine, (id) => ({ kind: 'resume', command: id, by: role }))
    return ask(machine, (id) => ({ kind: 'end', command: id, by: role === 'auditor' ? 'platform' : role }))
  }

  async function onBlock(command: Extract<Command, { kind: 'put-block' | 'remove-block' }>): Promise<Outcome> {
    const { principal } = command
    const machine = machines.get(command.machine)
    if (machine === undefined) return refused(refuse('not-found'))
    const { owner } = machine.state.config
    const may =
      ['platform', 'technician'].includes(principal.role) || (principal.role === 'owner' && principal.id === owner)
    if (!may || !isWithinKey(principal, command.machine)) return refused(refuse('forbidden'))
    const by = principal.id
    if (command.kind === 'remove-block')
      return ask(machine, (id) => ({ kind: 'unblock', command: id, id: command.id, by }))
    const { maxBlocks: most } = config.bounds
    return ask(machine, (id) => ({ kind: 'block', command: id, block: { ...command.block, by }, most }))
  }

  /* ── what people put right ── */

  async function correct({ principal, correction }: Extract<Command, { kind: 'correct' }>): Promise<Outcome> {
    if (principal.role !== 'auditor') return refused(refuse('forbidden'))
    const original = deps.recall.entry(correction.original)
    if (original === undefined) return refused(refuse('not-found', 'the ledger has no such entry'))
    const machine = original.machine === undefined ? undefined : machines.get(original.machine)
    if (machine === undefined) return refused(refuse('not-found', 'the entry is of no machine here'))
    const refusal = refuseUnits(correction.adjust, original.session)
    if (refusal) return refused(refusal)
    const { session } = original
    return ask(machine, (command) => ({
      kind: 'correct',
      command,
      correction: {
        ...correction,
        id: uuidv7(),
        by: byOf(principal),
        originalKind: original.kind,
        ...(session === undefined ? {} : { session }),
      },
    }))
  }

  /** Units go to and come from the session of the original only, and no more than it has. */
  function refuseUnits(adjust: readonly Adjustment[], id: string | undefined): Refusal | undefined {
    const touched = adjust.filter(({ from, to }) => from === 'session' || to === 'session')
    if (touched.length === 0) return undefined
    const session = id === undefined ? undefined : deps.recall.session(id)
    if (session === undefined) return refuse('not-in-account', 'the entry is of no session')
    if (isOpen(session)) return refuse('not-in-account', 'the session has not ended')
    const earlier = deps.recall.adjustments(session.id)
    for (const { meter } of touched)
      if (heldBySession(session, meter, [...earlier, ...touched]) < 0n)
        return refuse('not-in-account', `the session has ${heldBySession(session, meter, earlier)} of ${meter}`)
    return undefined
  }

  async function enterByHand(command: Extract<Command, { kind: 'manual-entry' }>): Promise<Outcome> {
    const { principal, entry } = command
    const machine = machines.get(command.machine)
    if (machine === undefined) return refused(refuse('not-found'))
    const refusal = authoriseTechnician(principal, command.machine)
    if (refusal) return refused(refusal)
    const { meter, unit, quantity, fromMs, toMs, tenant, reason } = entry
    if (toMs <= fromMs || toMs > deps.nowMs()) return refused(refuse('bad-request', 'the time is not over, or none'))
    const id = uuidv7()
    const data = {
      id,
      meter,
      unit,
      quantity,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      ...(tenant === undefined ? {} : { tenant: tenantRef(tenant) }),
      reason,
      by: { ...byOf(principal) },
      shares: sharesAt(machine.state.config, fromMs).map((share) => ({ ...share })),
    }
    record('ManualEntry', data, command.machine)
    await deps.flush()
    return { kind: 'recorded', id }
  }

  function deny(code: Refusal['code'], what: () => string, machine: string | undefined): void {
    const minute = Math.floor(deps.nowMs() / 60_000)
    if (denials.minute !== minute) denials = { minute, count: 0, suppressed: denials.suppressed }
    if (denials.count >= MAX_DENIALS) {
      denials.suppressed += 1
      return
    }
    denials.count += 1
    const known = machine !== undefined && machines.has(machine) ? machine : undefined
    record(
      'AccessDenied',
      {
        ...told(code),
        what: what().slice(0, 200),
        ...(denials.suppressed > 0 ? { suppressed: denials.suppressed } : {}),
      },
      known,
    )
    denials.suppressed = 0
  }

  return {
    take,
    notes() {
      const known = revocations()
      return config.issuers.flatMap(({ issuer }) => {
        const stale = refuseStale(known, issuer)
        return stale ? [`the revocation list of ${issuer} is too old, its tenants are refused: ${stale.detail}`] : []
      })
    },
    note(change) {
      if (change.kind === 'token-used') deps.spent.set(change.jti, change.session)
      else if (change.kind === 'token-released') deps.spent.delete(change.jti)
    },
    stop: () => drills.stop(),
    settle(command, outcome) {
      waiting.get(command)?.(outcome)
      waiting.delete(command)
    },
  }
}

function byOf(principal: Principal): By {
  const { role, id } = principal
  return { role, key: 'key' in principal ? principal.key : '', name: id }
}

function jtiOf(principal: Principal): string | undefined {
  return principal.role === 'tenant' && !principal.pin ? principal.claims.jti : undefined
}
