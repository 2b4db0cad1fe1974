/**
 * A booking or token that is revoked while its session is open. The platform states when it revoked it. If that arrives
 * late, what was used in between is stated separately. For this the use of an open session is remembered in coarse
 * steps. After a restart only its begin is known, so the figure is too high rather than too low, and states from when
 * it counts.
 */
import type { JsonObject } from '../../ground/entry.ts'
import { NS_PER_MS } from '../../ground/moment.ts'
import type { Env } from '../../machine/state.ts'
import { putSession, type Turn } from '../../machine/turn.ts'
import { isOpen, type LateRevocation, type Session, type TrailPoint } from '../../session/session.ts'

const EVERY_MS = 60_000
/** At one point per minute two thirds of a day; when they are full, every second point is dropped. */
const MAX_POINTS = 1024

/** The trail of the session's use with one point per minute; it is empty without a session. */
export function followUse(
  trail: readonly TrailPoint[],
  session: Session | undefined,
  nowMs: number,
): readonly TrailPoint[] {
  if (session === undefined) return trail.length === 0 ? trail : []
  const last = trail.at(-1)
  if (last?.session === session.id && Math.abs(nowMs - last.atMs) < EVERY_MS) return trail
  const kept = trail.filter((point) => point.session === session.id)
  const thinned = kept.length < MAX_POINTS ? kept : kept.filter((_, index) => index % 2 === 0)
  return [...thinned, { session: session.id, atMs: nowMs, use: session.use }]
}

/**
 * Marks the session as revoked, once. The rule of its state acts on that, at the latest on the next tick, also after a
 * restart.
 */
export function markRevoked(turn: Turn, issuedAtMs: number): void {
  const { m, env } = turn
  const { session } = m
  if (session === undefined || !isOpen(session) || session.revoked !== undefined) return
  const beganMs = session.startedAtMs ?? session.intendedAtMs
  const atMs = Math.min(issuedAtMs, env.now.ms)
  const base = baseOf(m.pace.trail, session, beganMs, atMs)
  const lateMs = Math.max(0, env.now.ms - Math.max(atMs, beganMs))
  putSession(turn, {
    ...session,
    revoked: {
      atMs,
      countedFromMs: base.atMs,
      use: base.use,
      lateMs,
      learnedMs: env.now.ms,
      learnedNs: env.now.ns.toString(),
      bootId: env.stamp.bootId,
    },
  })
}

/** The last known point before the revocation. */
function baseOf(trail: readonly TrailPoint[], session: Session, beganMs: number, atMs: number) {
  const before = trail.filter((point) => point.session === session.id && point.atMs <= atMs)
  return before.at(-1) ?? { atMs: beganMs, use: [] }
}

/** What was used from the revocation to the end of the session. */
export function lateRevocation(env: Env, session: Session): LateRevocation | undefined {
  const { revoked } = session
  if (revoked === undefined) return undefined
  const sinceMs =
    revoked.bootId === env.stamp.bootId
      ? Number((env.now.ns - BigInt(revoked.learnedNs)) / NS_PER_MS)
      : env.now.ms - revoked.learnedMs
  return {
    revokedAtMs: revoked.atMs,
    countedFromMs: revoked.countedFromMs,
    ms: revoked.lateMs + Math.max(0, sinceMs),
    units: session.use.map((use) => {
      const before = revoked.use.find(({ meter }) => meter === use.meter)?.quantity ?? '0'
      return { ...use, quantity: (BigInt(use.quantity) - BigInt(before)).toString() }
    }),
  }
}

export function lateRevocationJson({ revokedAtMs, countedFromMs, ms, units }: LateRevocation): JsonObject {
  const [revokedAt, countedFrom] = [revokedAtMs, countedFromMs].map((at) => new Date(at).toISOString()) as [
    string,
    string,
  ]
  return { revokedAt, countedFrom, ms, units: units.map((use) => ({ ...use })) }
}
