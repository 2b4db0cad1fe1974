import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Change } from '../../gateway/core/machine/change.ts'
import { createLedgerClient } from '../../gateway/ledger/client.ts'
import { formatSkey } from '../../gateway/ledger/evidence/note.ts'
import { keyFileLine } from '../../gateway/ledger/log/log-keys.ts'
import { createReader } from '../../gateway/ledger/store/reader.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-thread-'))
})
let thread: Worker | undefined
afterEach(async () => {
  await thread?.terminate()
  rmSync(folder, { recursive: true, force: true })
})

const entry: Change = {
  kind: 'entry',
  entry: { kind: 'LinkLost', version: 1, at: { wallMs: 1, monoNs: '1', bootId: 'b', clock: 'unknown' }, data: {} },
}

describe('the ledger thread', () => {
  it('signs what grew without a session, after the time it is given, and nothing twice', async () => {
    const path = join(mkdtempSync(join(folder, 'signs-')), 'ledger.sqlite')
    const origin = 's/0011223344556677'
    thread = new Worker(new URL('../../gateway/ledger/worker.ts', import.meta.url), {
      workerData: {
        path,
        writer: { site: 's', simulated: new Set() },
        log: { origin, keys: keyFileLine(formatSkey(origin, new Uint8Array(32).fill(1))), everyMs: 1 },
        ports: [],
      },
    })
    const client = createLedgerClient(thread, 5000, () => undefined)
    const signed = (size: number) =>
      new Promise<void>((resolve) => {
        const stop = client.onHead((head) => {
          if (head.signed !== size) return
          stop()
          resolve()
        })
      })
    const first = signed(2)
    await client.commit([entry, entry])
    await first
    const second = signed(3)
    await client.commit([entry])
    await second
    const reader = createReader(path)
    expect(reader.checkpoints(0, 9).map(({ size }) => size)).toEqual([2, 3])
    reader.close()
    await client.close()
  })

  it('answers each of many commits with its own range, in order, and fails all after a failure', async () => {
    const path = join(folder, 'ledger.sqlite')
    thread = new Worker(new URL('../../gateway/ledger/worker.ts', import.meta.url), {
      workerData: { path, writer: { site: 's', simulated: new Set() }, ports: [] },
    })
    thread.on('error', () => undefined)
    const failures: string[] = []
    const client = createLedgerClient(thread, 5000, (error) => failures.push(error.message))
    const ranges = await Promise.all(Array.from({ length: 1000 }, () => client.commit([entry])))
    expect(ranges.map(({ firstSeq }) => firstSeq)).toEqual(Array.from({ length: 1000 }, (_, index) => index))
    const reader = createReader(path)
    expect(reader.head().nextSeq).toBe(1000)
    reader.close()

    const used: Change = { kind: 'token-used', jti: 'j', session: 's', expMs: 1 }
    await client.commit([used])
    await expect(client.commit([used])).rejects.toThrow(/could not be written/)
    expect(failures).toHaveLength(1)
  })

  it('of a pair: nobody hears of a commit before the other box has it', async () => {
    const path = join(folder, 'ledger.sqlite')
    thread = new Worker(new URL('../../gateway/ledger/worker.ts', import.meta.url), {
      workerData: { path, writer: { site: 's', simulated: new Set(), paired: true }, ports: [] },
    })
    const heard: string[] = []
    const shipped = Promise.withResolvers<number>()
    const client = createLedgerClient(
      thread,
      20_000,
      () => undefined,
      (n) => {
        heard.push('changes')
        shipped.resolve(n)
      },
    )
    client.onHead(({ nextSeq }) => heard.push(`head ${nextSeq}`))
    const committed = client.commit([entry]).then(() => heard.push('committed'))
    const n = await shipped.promise
    await client.settle()
    expect(heard).toEqual(['head 0', 'changes'])
    client.kept(n)
    await committed
    await client.settle()
    expect(heard.slice(2).sort()).toEqual(['committed', 'head 1'])
    await client.close()
  })
})
