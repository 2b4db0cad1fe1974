/**
 * Which events of a machine change when it may be booked. Events of a topic are a chain, `prevSeq` names the one
 * before: one that was heard before says nothing, and a hole may hide anything.
 * Read next: asking.ts, which asks the gateway for the plan then.
 */
import type { EventFact } from './fact.ts'

const PLAN = new Set('BookingPut BookingCancelled BookingRestored BlockPut BlockRemoved'.split(' '))
/** What else may change a plan, for all machines of a gateway. */
const SITE = new Set('GatewayStarted ConfigurationApplied LedgerRestarted'.split(' '))

/** Of a chain of which nothing has been heard. */
const NOTHING_HEARD = -1

/** `begun`: so does it, and the log began anew. */
type Meaning = 'nothing' | 'changed' | 'begun'

export function createChains() {
  const last = new Map<string, number>()
  return {
    seqOf: (key: string): number => last.get(key) ?? NOTHING_HEARD,
    /** Notes the event of the chain with this key. */
    hear(key: string, { seq, prevSeq, what }: EventFact): Meaning {
      const known = last.get(key)
      const isAnew = known !== undefined && prevSeq === null && seq <= known
      if (known !== undefined && seq <= known && !isAnew) return 'nothing'
      last.set(key, seq)
      if (isAnew) return 'begun'
      const isHole = known !== undefined && prevSeq !== null && prevSeq > known
      return isHole || PLAN.has(what) ? 'changed' : 'nothing'
    },
    forget: () => last.clear(),
  }
}

export const concernsAll = ({ what }: EventFact): boolean => SITE.has(what)
