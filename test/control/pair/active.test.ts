/** What the active box of a pair concludes from who calls: only the box that was granted everything can free it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Active, createActive } from '../../../gateway/control/pair/active.ts'
import type { Frame, Hello, Wire } from '../../../gateway/control/pair/wire.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'

let dataDir = ''
let nowMs = 0
let active: Active
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }) // the copy is read from a disk
  nowMs = 0
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-active-'))
  openWriter(join(dataDir, 'ledger.sqlite')).close()
  const config = { dataDir, configurationId: 'f', bounds: { diskReserve: 0 } } as never
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  active = createActive({
    ...{ config, log, box: 'a', other: { id: 'b', host: 'h', port: 1 } },
    ...{ standing: { term: 1, role: 'active', alone: true }, nowNs: () => BigInt(nowMs) * 1_000_000n },
  })
  active.keep({ kept() {}, settle: async () => undefined, fatal: vi.fn() })
  active.serve({ sees: () => ['m'], judges: () => ['m'], mark: async () => false, machines: ['m'] })
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(dataDir, { recursive: true, force: true })
})

const hello = (folder: string): Hello => ({
  ...{ kind: 'hello', said: { now: 'spare' }, site: 's', folder, configurationId: 'f', schema: 1 },
  follow: { run: '', n: 0 },
})

/** A spare that answers each ping, as long as it is heard. */
function spareOf(folder: string) {
  let take: (frame: Frame, bytes: Buffer) => void = () => undefined
  const spare = { isClosed: false, isHeard: true }
  const wire: Wire = {
    send(frame) {
      if (frame.kind === 'ping' && spare.isHeard)
        take({ kind: 'answer', n: frame.n, k: frame.k, sees: ['m'] }, Buffer.alloc(0))
    },
    drained: async () => undefined,
    onFrame(taker) {
      take = taker
    },
    onClose() {},
    close() {
      spare.isClosed = true
    },
  }
  active.called(wire, hello(folder), false)
  return spare
}

async function pass(ms: number): Promise<void> {
  for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 100) await vi.advanceTimersByTimeAsync(100)
}

it('a third box does not take the place of the spare, and does not free this one', async () => {
  const spare = spareOf('one')
  await vi.waitFor(async () => {
    await pass(100)
    expect(active.health()).toMatchObject({ spare: 'follows', behind: 0, behindMs: 0 })
  }, 5000)
  expect([active.isTaken('one'), active.isTaken('two'), spare.isClosed]).toEqual([false, true, false])
  // Cut off, it may still go by what it was told: nobody but itself, or the machines, can say that it does not.
  spare.isHeard = false
  nowMs += 2000
  expect(active.isTaken('two')).toBe(true)
  expect(active.health().followed).toBe(false)
  nowMs += 2000
  expect([active.isTaken('one'), active.isTaken('two')]).toEqual([false, true])
})

it('a box whose copy does not go on gives its place to another', async () => {
  const spare = spareOf('one')
  spare.isHeard = false
  expect(active.isTaken('two')).toBe(true)
  await pass(11_000)
  expect(active.isTaken('two')).toBe(false)
})
