/**
 * What is asked of one gateway: bookings, lists, blocks, unlocks, what people want. Decided as its command loop does,
 * by the same pure rules, and handed to the machine. What was heard is told to the judge.
 */

import type { Booking, BookingInput } from '../../../gateway/core/booking/booking.ts'
import { decidePut } from '../../../gateway/core/booking/decide.ts'
import { openDiary } from '../../../gateway/core/booking/diary.ts'
import { overrideBooking } from '../../../gateway/core/booking/override.ts'
import type { Refusal } from '../../../gateway/core/ground/refusal.ts'
import type { Change } from '../../../gateway/core/machine/change.ts'
import type { MachineEvent } from '../../../gateway/core/machine/event.ts'
import type { MachineState } from '../../../gateway/core/machine/state.ts'
import { authoriseInspection, authoriseUnlock } from '../../../gateway/core/permission/permission.ts'
import type { BookingClaims, Principal } from '../../../gateway/core/permission/principal.ts'
import {
  decideList,
  type RevocationList,
  type Revocations,
  refuseRevoked,
} from '../../../gateway/core/permission/revocation-list.ts'
import { MACHINE } from '../../support/world.ts'
import type { Durable } from './durable.ts'

export const EARLY_MS = 10_000
export const OVERRIDE_MS = 20_000
const MOST_BLOCKS = 3
const OWNER = 'huajian'

export type Asked = {
  readonly command: number
  readonly what: 'unlock' | 'override' | 'resume' | 'end' | 'maintenance' | 'block' | 'unblock' | 'inspect'
  readonly booking?: string
  readonly jti?: string
  readonly by?: string
  readonly atMs: number
  readonly wallMs: number
  readonly life: number
}

export type Inspector = 'technician' | 'owner' | 'tenant'

export type RequestDeps = {
  readonly name: number
  readonly acceptSigned: boolean
  readonly listMaxAgeMs: number | undefined
  readonly gates: { readonly offline: boolean }
  ready(): boolean
  state(): MachineState
  durable(): Durable
  spentBy(jti: string): string | undefined
  wallMs(): number
  leastMs(): number
  append(change: Change): void
  flush(): void
  dispatch(event: MachineEvent): void
  ask(what: Omit<Asked, 'command' | 'atMs' | 'wallMs' | 'life'>, event: (command: number) => MachineEvent): void
  booked(booking: Booking, jti: string | undefined): void
  listed(list: RevocationList): void
  /** Refused before any machine was asked. */
  denied(code: Refusal['code']): void
}

export function createRequests(deps: RequestDeps) {
  const { ask } = deps
  const lists = new Map<string, RevocationList>()
  const platform: Principal = { role: 'platform', id: 'platform', issuer: 'test' }
  const technician: Principal = { role: 'technician', id: 'wang', key: 'k1' }

  const revocations = (): Revocations => ({
    lists: [...lists.values()],
    nowMs: deps.wallMs(),
    ...(deps.listMaxAgeMs === undefined ? {} : { maxAgeMs: deps.listMaxAgeMs }),
  })
  const acceptsSigned = () =>
    deps.gates.offline ? deps.state().config.offline.policy === 'accept-signed' : deps.acceptSigned

  function unlock(booking: string, claims: BookingClaims | undefined): void {
    if (!deps.ready()) return
    const { bookings, row } = deps.state()
    const principal: Principal =
      claims === undefined ? platform : { role: 'tenant', id: claims.tenant, issuer: 'test', claims }
    const authority = authoriseUnlock(principal, MACHINE, booking, {
      bookings,
      spentBy: deps.spentBy,
      acceptSigned: acceptsSigned(),
      room: true,
      ...(row.blocks ? { blocks: row.blocks } : {}),
      revocations: revocations(),
    })
    if ('code' in authority) return deps.denied(authority.code)
    if (authority.newBooking) deps.booked(authority.booking, authority.jti)
    const { jti, jtiExpMs } = authority
    const token = jti === undefined ? {} : { jti, jtiExpMs: jtiExpMs! }
    ask({ what: 'unlock', booking, ...(jti === undefined ? {} : { jti }) }, (command) => ({
      kind: 'unlock',
      request: {
        command,
        principal,
        booking: authority.booking,
        newBooking: authority.newBooking,
        ...token,
        sessionId: `s${deps.name}-${command}`,
        tag: 1000 + command,
        tenantRef: `t-${authority.booking.tenant}`,
      },
    }))
  }

  /** A list that came while the machine was being asked. */
  function endIfRevoked({ booking, jti }: Pick<Asked, 'booking' | 'jti'>): void {
    const list = [...lists.values()].find((each) => refuseRevoked({ lists: [each] }, { booking: booking!, jti }))
    if (list === undefined) return
    if (list.bookings.includes(booking!)) cancel(booking!, list.issuedAtMs)
    deps.dispatch({ kind: 'revoked', jtis: list.jtis, issuedAtMs: list.issuedAtMs })
  }

  function override(): void {
    const booking = overrideBooking(MACHINE, 'k1', deps.wallMs(), OVERRIDE_MS)
    ask({ what: 'override', booking: booking.id }, (command) => ({
      kind: 'unlock',
      request: {
        command,
        principal: technician,
        booking,
        newBooking: false,
        override: { reason: 'a look at the belt', by: { role: 'technician', name: 'wang' } },
        sessionId: `s${deps.name}-${command}`,
        tag: 1000 + command,
        tenantRef: `t-${booking.tenant}`,
      },
    }))
  }

  function apply(booking: Booking): void {
    deps.append({ kind: 'booking', booking })
    const others = deps.state().bookings.filter(({ id }) => id !== booking.id)
    deps.dispatch({ kind: 'bookings', bookings: [...others, booking] })
    deps.booked(booking, undefined)
    deps.flush()
  }

  function put(input: BookingInput): void {
    if (!deps.ready()) return
    const { bookings, row } = deps.state()
    const known = bookings.find(({ id }) => id === input.id) ?? deps.durable().bookings.get(input.id)
    const others = bookings.filter(({ id }) => id !== input.id)
    const all = known === undefined ? others : [...others, known]
    const decision = decidePut(openDiary(all), input, {
      source: 'push',
      room: true,
      nowMs: deps.leastMs(),
      ...(row.blocks ? { blocked: row.blocks } : {}),
    })
    if (decision.kind === 'put') apply(decision.booking)
    else if (decision.kind === 'refused') deps.denied(decision.refusal.code)
  }

  function cancel(id: string, issuedAtMs = deps.wallMs()): void {
    if (!deps.ready()) return
    const booking = deps.state().bookings.find((item) => item.id === id)
    if (booking === undefined || booking.status === 'cancelled' || booking.status === 'ended') return
    apply({ ...booking, status: 'cancelled', cancelledAtMs: Math.min(issuedAtMs, deps.wallMs()) })
  }

  function take(list: RevocationList): void {
    if (!deps.ready()) return
    const decision = decideList(lists.get(list.issuer), list)
    if (decision.kind === 'refused') return deps.denied(decision.refusal.code)
    if (decision.kind === 'taken') {
      lists.set(list.issuer, list)
      deps.append({ kind: 'revocations', list })
      deps.listed(list)
      deps.dispatch({ kind: 'revoked', jtis: list.jtis, issuedAtMs: list.issuedAtMs })
    }
    for (const id of list.bookings) cancel(id, list.issuedAtMs)
    deps.flush()
  }

  function inspect(by: Inspector, booking: string, passed: boolean): void {
    if (!deps.ready()) return
    const { bookings } = deps.state()
    const known = bookings.find(({ id }) => id === booking)
    if (by === 'tenant' && known === undefined) return
    const refusal = authoriseInspection(inspector(by, known), {
      machine: MACHINE,
      owner: OWNER,
      bookings,
      nowMs: deps.wallMs(),
      earlyStartMs: EARLY_MS,
      acceptSigned: acceptsSigned(),
    })
    if (refusal) return deps.denied(refusal.code)
    const id = by === 'tenant' ? `t-${known!.tenant}` : by
    const person = by === 'tenant' ? { role: by, tenant: id } : { role: by, name: by }
    ask({ what: 'inspect', by }, (command) => ({
      kind: 'inspection',
      inspection: { command, inspector: { role: by, id, by: person }, passed, note: 'as seen' },
    }))
  }

  function inspector(by: Inspector, booking: Booking | undefined): Principal {
    if (by === 'technician') return technician
    if (by === 'owner') return { role: 'owner', id: OWNER, key: 'k2' }
    const { id, tenant, version, startMs, endMs, limits } = booking!
    const claims = { issuer: 'test', tenant, jti: `look-${id}`, booking: id, version, machine: MACHINE }
    return { role: 'tenant', id: tenant, issuer: 'test', claims: { ...claims, startMs, endMs, expMs: endMs, limits } }
  }

  return {
    lists,
    unlock,
    endIfRevoked,
    override,
    put,
    cancel,
    take,
    inspect,
    block: (id: string, fromMs: number, untilMs: number) =>
      ask({ what: 'block' }, (command) => ({
        kind: 'block',
        command,
        block: { id, fromMs, untilMs, reason: 'stocktaking', by: OWNER },
        most: MOST_BLOCKS,
      })),
    unblock: (id: string) => ask({ what: 'unblock' }, (command) => ({ kind: 'unblock', command, id, by: OWNER })),
    resume: () => ask({ what: 'resume' }, (command) => ({ kind: 'resume', command, by: 'tenant' })),
    end: (by: 'tenant' | 'platform' | 'owner' | 'technician') =>
      ask({ what: 'end', by }, (command) => ({ kind: 'end', command, by })),
    maintenance: (on: boolean) =>
      ask({ what: 'maintenance' }, (command) => ({ kind: 'maintenance', command, on, by: 'wang', reason: 'belt' })),
  }
}
