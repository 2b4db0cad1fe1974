/** The newest entries for many streams: read once, written once, and nothing that a role does not see. */
import { expect, it } from 'vitest'
import type { Entry } from '../../../../gateway/core/ground/entry.ts'
import { openTail } from '../../../../gateway/front/api/ledger/tail.ts'

const entry = (seq: number, kind: string, data: object = {}) =>
  ({ seq, kind, body: { kind, data } }) as unknown as Entry

function bench() {
  const entries = [entry(0, 'GatewayStarted'), entry(1, 'KeyAdded', { name: 'Li', role: 'owner' })]
  let reads = 0
  const reader = {
    entries(from: number) {
      reads += 1
      return entries.filter(({ seq }) => seq >= from)
    },
  }
  return { tail: openTail({ reader } as never), entries, reads: () => reads }
}

it('reads a place once for all who wait there, until there is more', () => {
  const { tail, entries, reads } = bench()
  expect([tail.read(2), tail.read(2), tail.read(1)].map(({ length }) => length)).toEqual([0, 0, 1])
  expect(reads()).toBe(2)
  entries.push(entry(2, 'GatewayStopped'))
  tail.grown()
  expect(tail.read(2).map(({ kind }) => kind)).toEqual(['GatewayStopped'])
})

it('writes an entry as an event, and nothing to a role that sees nothing of it', () => {
  const { tail, entries } = bench()
  const text = tail.written(entries[0]!, 'owner', '0-ab')
  expect(text).toBe('id: 0-ab\nevent: GatewayStarted\ndata: {"kind":"GatewayStarted","data":{}}\n\n')
  expect(tail.written(entries[0]!, 'owner', '0-ab')).toBe(text)
  for (let time = 0; time < 2; time++) expect(tail.written(entries[1]!, 'owner', '1')).toBeUndefined()
  expect(tail.written(entries[1]!, 'auditor', '1')).toContain('Li')
})
