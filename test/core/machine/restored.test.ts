/** After a restore nothing is used that the box before may have used since. */
import { describe, expect, it } from 'vitest'
import { fencingToken, isOurFuture, RESTORE_STEP } from '../../../gateway/core/interlock/lease.ts'
import { restoredChanges } from '../../../gateway/core/machine/restored.ts'
import type { Subscription } from '../../../gateway/core/permission/subscription.ts'
import type { Session } from '../../../gateway/core/session/session.ts'

const session = (more: Partial<Session>) => ({ id: 's', status: 'open', use: [], ...more }) as unknown as Session

describe('a restored ledger', () => {
  it('jumps over every token that may have been given, forgets calendar addresses, and remembers when', () => {
    const machines = [{ machine: 'a', fencingCounter: 7 }]
    const subscriptions = [{ id: 'c-1' }] as unknown as Subscription[]
    expect(restoredChanges({ machines, open: [], subscriptions }, 5)).toEqual([
      { kind: 'restored', atMs: 5 },
      { kind: 'machine', row: { machine: 'a', fencingCounter: 7 + RESTORE_STEP } },
      { kind: 'subscription-gone', id: 'c-1' },
    ])
  })

  it('closes what was open: with the use that was known, or as if it never came', () => {
    const open = [session({ startedAtMs: 1 }), session({ status: 'intended' })]
    const [, begun, intended] = restoredChanges({ machines: [], open, subscriptions: [] }, 5)
    expect(begun).toMatchObject({ session: { status: 'ended', incomplete: true, endedAtMs: 5 } })
    expect(intended).toMatchObject({ session: { status: 'lapsed' } })
  })
})

describe('the box before', () => {
  const seen = (counter: number, id = 0) => isOurFuture(fencingToken(counter, id), 10, 0)

  it('knows a token of its copy by how far it is ahead', () => {
    expect(seen(10 + RESTORE_STEP + 1)).toBe(true)
    expect(seen(10 + RESTORE_STEP / 2)).toBe(true)
  })

  it('goes on above its own tokens, those of a drill, and those of another gateway', () => {
    expect(seen(10)).toBe(false)
    expect(seen(9)).toBe(false)
    expect(seen(60)).toBe(false)
    expect(seen(10 + RESTORE_STEP, 1)).toBe(false)
  })
})
