/**
 * A day in a shop told otherwise: what no gateway may write, written and signed by one all the same. `day` alters
 * entries before they are hashed, and has the verifier judge the whole.
 * Read next: shop.ts, log.ts.
 */
import { expect } from 'vitest'
import type { JsonObject } from '../../../../gateway/core/ground/entry.ts'
import { canonicalJson } from '../../../../gateway/ledger/evidence/canonical.ts'
import type { Verdict } from '../../../../gateway/ledger/verify/verdict.ts'
import { verifyBundle } from '../../../../gateway/ledger/verify/verifier.ts'
import { createLog, keyOf, type Log } from './log.ts'
import { createShop, type Shop } from './shop.ts'

export const SITE = 'hall'
export const ORIGIN = 'hall/7c1e'
export const key = keyOf('verifier', ORIGIN)
export const KEYS = [key.vkey]

/** The verdict on the log, signed up to here. */
export function check(log: Log, options = {}): Verdict {
  log.checkpoint([key.signer])
  return verifyBundle(log.bundle(), KEYS, options)
}

export const codes = (verdict: Verdict) => [...new Set(verdict.faults.map(({ code }) => code))]

export function shopOf(machines = ['saw']): { log: Log; shop: Shop } {
  const log = createLog(SITE, ORIGIN)
  const shop = createShop(log, { machines, accounts: true })
  shop.start()
  return { log, shop }
}

export type Body = {
  kind: string
  seq: number
  session?: string
  machine?: string
  data: Record<string, JsonObject[string]>
}
export type Row = Record<string, string>
/** Undefined leaves the entry out. */
export type Alter = (body: Body, all: Body[]) => Body | undefined

/** A day with three sessions; `alter` may change each entry before it is hashed. */
export function day(alter: Alter): Verdict {
  const { log, shop } = shopOf(['saw', 'booth'])
  for (const machine of ['saw', 'booth', 'saw']) {
    shop.work(machine, 3)
    shop.unlock(machine)
    shop.work(machine, 6)
    shop.sample(machine)
    shop.gap(machine, 3n, 'session')
    shop.gap(machine, 2n, 'disputed')
    shop.end(machine)
  }
  const all = log.bodies.map((body) => JSON.parse(body) as Body)
  const lie = createLog(SITE, ORIGIN)
  for (const body of all) {
    const changed = alter(structuredClone(body), all)
    if (changed !== undefined) lie.appendBody(canonicalJson({ ...changed, seq: lie.bodies.length }))
  }
  const verdict = check(lie)
  expect(codes(verifyBundle(lie.bundle(), KEYS, { thorough: true }))).toEqual(codes(verdict))
  return verdict
}

/** Alters the `only`-th entry of a kind. */
export function edit(kind: string, alter: (data: Body['data'], body: Body) => void, only = 0): Alter {
  let seen = 0
  return (body: Body): Body => {
    if (body.kind === kind && seen++ === only) alter(body.data, body)
    return body
  }
}

/** A quantity with so many units more. */
export const plus = (value: unknown, by: bigint) => String(BigInt(value as string) + by)
