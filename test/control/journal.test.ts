/** What waits for the ledger: records never drop, of a meter the newest state waits, and the board keeps its order. */
import { expect, test } from 'vitest'
import { createJournal } from '../../gateway/control/journal.ts'
import type { Change } from '../../gateway/core/machine/change.ts'
import type { LedgerClient } from '../../gateway/ledger/client.ts'

const entry = (n: number): Change => ({
  kind: 'entry',
  entry: {
    kind: 'ClockChanged',
    version: 1,
    at: { wallMs: n, monoNs: '1', bootId: 'b', clock: 'synchronised' },
    data: { n },
  },
})
const meter = (id: string, total: bigint) => ({ kind: 'meter', state: { meter: id, total } }) as unknown as Change

function bench(maxPending: number) {
  const commits: Change[][] = []
  const failures: string[] = []
  let release = () => {}
  const commit = (changes: readonly Change[]) => {
    commits.push([...changes])
    return new Promise<void>((resolve) => {
      release = resolve
    })
  }
  const ledger = { commit } as unknown as LedgerClient
  const journal = createJournal(ledger, maxPending, ({ message }) => failures.push(message))
  return { journal, commits, failures, durable: () => release() }
}

test('records are never dropped: more of them than may wait is a failure', () => {
  const { journal, failures } = bench(10)
  for (let n = 0; n < 10; n++) journal.append(entry(n))
  expect(failures).toEqual([])
  journal.append(entry(10))
  expect(failures).toEqual(['more than 10 changes wait for the ledger'])
})

test('a meter that is read often while the ledger is slow waits once, with its newest state', () => {
  const { journal, commits } = bench(10)
  for (let n = 1n; n <= 1000n; n++) for (const id of ['m/a.e', 'm/a.p']) journal.append(meter(id, n))
  expect(journal.pending()).toBe(2)
  void journal.flush()
  expect(commits[0]).toEqual([meter('m/a.e', 1000n), meter('m/a.p', 1000n)])
})

test('what was cut later is shown later, also when there is nothing in it to commit', async () => {
  const { journal, durable } = bench(10)
  const shown: number[] = []
  let cuts = 0
  journal.onCut(() => {
    const cut = cuts++
    return () => void shown.push(cut)
  })
  journal.append(entry(1))
  const first = journal.flush()
  const second = journal.flush()
  await new Promise((resolve) => setImmediate(resolve))
  expect(shown).toEqual([])
  durable()
  await Promise.all([first, second])
  expect(shown).toEqual([0, 1])
})
