/** Whose units, at the end of a life: each in one place, none in two, none in a session that did not make it. */
import { isOpen } from '../../../gateway/core/session/session.ts'
import { MACHINE } from '../../support/world.ts'
import { FRESH_MS, LEASE_MS, RELOCK_MS } from './file.ts'
import type { Gateway } from './gateway.ts'
import type { Floor } from './heal.ts'

const PARTS = `${MACHINE}/plc.parts`

export function account(floor: Floor, gateway: Gateway): void {
  const { judge, plant } = floor
  const meter = gateway.state.meters.get(PARTS)
  if (meter === undefined) return judge.broke('I5', 'the meter was never read')
  const { session, unassigned, disputed } = meter.accounts
  const produced = BigInt(plant.machine.producedUnits - gateway.firstParts)
  judge.note('I5 accounted')
  if (session > 0n && unassigned > 0n) judge.note('I5 with units of a session and of nobody')
  if (disputed > 0n) judge.note('I5 with units in dispute')
  // A new epoch is named: after a reset, or when neither clock says how long the host was away.
  if (!plant.wasReset && meter.epoch === 1 && meter.total !== produced)
    judge.broke('I5', `counted ${meter.total} of ${produced}`)
  if (meter.total > produced) judge.broke('I5', `counted ${meter.total}, made were ${produced}`)
  if (meter.epoch > 1) judge.note('I5 over a reset')
  if (meter.epoch === 1 && session + unassigned + disputed !== meter.total)
    judge.broke('I5', `${session} + ${unassigned} + ${disputed} of ${meter.total}`)
  whose(floor, gateway)
  limited(floor, gateway)
}

function whose({ judge, plant }: Floor, gateway: Gateway): void {
  const billed = new Map<string, bigint>()
  for (const { id, use, status } of gateway.durable.sessions.values()) {
    if (isOpen({ status } as never)) judge.broke('stuck', `${id} stays ${status}`)
    billed.set(id, BigInt(use.find((item) => item.meter === PARTS)?.quantity ?? '0'))
  }
  const rights = [...judge.fileOf(gateway).rights]
  // A use by the key switch that nobody saw cannot be told from the use of the last owner: the block says nothing
  // of it.
  const unseen = plant.ownerless.filter(
    ({ sinceMs, atMs }) => !gateway.wire.ownerlessMs.some((ms) => ms >= sinceMs && ms <= atMs),
  ).length
  for (const [id, units] of billed) {
    const truth = rights.reduce(
      (sum, [token, right]) => sum + (right.session === id ? (plant.made.get(token)?.length ?? 0) : 0),
      0,
    )
    if (units > BigInt(truth + unseen))
      judge.broke('whose', `${id} is billed ${units}, made under its tokens were ${truth}`)
  }
}

/**
 * A session that has made all it may is ended: at the latest when the meter has been missing for as long as a lease
 * lasts.
 */
function limited({ judge, plant }: Floor, gateway: Gateway): void {
  const pieces = new Map<string, number>()
  const tokens = new Map<string, number[]>()
  for (const [token, right] of judge.fileOf(gateway).rights) {
    if (right.pieces === undefined) continue
    pieces.set(right.session, right.pieces)
    tokens.set(right.session, [...(tokens.get(right.session) ?? []), token])
  }
  for (const [session, most] of pieces) {
    const own = tokens.get(session)!
    const times = own.flatMap((token) => plant.made.get(token) ?? []).sort((a, b) => a - b)
    const reachedMs = times[most - 1]
    if (reachedMs === undefined) continue
    judge.note('a limit of pieces is reached')
    // Over a restart its tokens may be another's, and a reading that is missing is waited for.
    const isCalm = gateway.troubledMs < reachedMs - 1000 && !plant.wasReset && judge.lateMs === 0
    const withinMs = isCalm ? FRESH_MS : FRESH_MS + LEASE_MS + RELOCK_MS + judge.lateMs
    const over = plant.spans.find(
      ({ token, offMs }) => own.includes(token) && (offMs ?? Number.POSITIVE_INFINITY) > reachedMs + withinMs,
    )
    if (over !== undefined && !plant.wasReset)
      judge.broke('limit', `${session} made ${most} by ${reachedMs} ms and was on until ${over.offMs ?? 'the end'}`)
  }
}

/** No unit is in the sessions of two gateways. */
export function apart({ judge, plant, gateways }: Floor): void {
  const units = new Map<string, bigint>()
  for (const { durable } of gateways)
    for (const { id, use } of durable.sessions.values()) {
      const quantity = BigInt(use.find((item) => item.meter === PARTS)?.quantity ?? '0')
      if (quantity > (units.get(id) ?? 0n)) units.set(id, quantity)
    }
  const all = [...units.values()].reduce((sum, quantity) => sum + quantity, 0n)
  if (all > BigInt(plant.machine.producedUnits))
    judge.broke('whose', `sessions have ${all} of ${plant.machine.producedUnits} units`)
}
