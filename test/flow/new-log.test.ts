/**
 * The way out of a ledger that contradicts what it signed: a new log that names the old one, and nothing is lost of it.
 */
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verifyBundle, verifyReceipt } from '../../gateway/ledger/verify/verifier.ts'
import { holdLedger } from '../support/described.ts'
import { startLatchkey } from '../support/gateway.ts'
import { startPlant } from '../support/gateway-plant.ts'
import { startMosquitto } from '../support/mosquitto.ts'
import { untilAnchored } from '../support/outside.ts'
import { until } from '../support/process.ts'
import { realPart } from '../support/real.ts'
import { fileScope } from './plant.ts'

const scope = fileScope('new-log')

async function latchkey(...args: string[]): Promise<{ code: number | null; output: string }> {
  const process = startLatchkey(args)
  const { code } = await process.exited
  return { code, output: process.output() }
}

describe.skipIf(!realPart('mosquitto'))('a ledger that contradicts what it signed', () => {
  test('is followed by a new log, which unlocks again; both are checked without us', async () => {
    const broker = await startMosquitto()
    scope.defer(() => broker.stop())
    const { api, gateway, dataDir, machine } = await startPlant(scope, {
      site: 'new-log',
      machines: { 'spray-booth': 1 },
      cycleMs: 300,
      autoStart: true,
      mqtt: { url: broker.url, version: 5 },
    })
    const { token, unitMeter } = machine('booth-1')
    const site = gateway.sitePath
    const path = join(dataDir, 'ledger.sqlite')
    const notes = async () => ((await (await fetch(`${api.url}/health/ready`)).json()) as { notes: string[] }).notes
    const used = await token()
    const first = await api.unlocked('booth-1', used)
    expect((await latchkey('ledger', 'restart', site, '--reason', 'x')).output).toMatch(/is held by a gateway/)
    await api.ended(first.id)
    await gateway.stop()
    const copy = join(scope.folder, 'older.sqlite')
    copyFileSync(path, copy)
    await gateway.start()
    const second = await api.unlocked('booth-1', await token())
    await api.ended(second.id)
    await untilAnchored(broker.url, 'new-log', api, second.id, await token())
    await until(async () => !(await notes()).some((note) => /held against/.test(note)), 10_000, 'never looked up')
    await gateway.stop()
    copyFileSync(copy, path)
    for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true })
    await gateway.start()
    await until(async () => (await notes()).some((note) => note.includes('contradicts')), 20_000, 'not noticed')
    const { total } = await api.meter(unitMeter)
    await gateway.stop()
    const [old] = (JSON.parse((await latchkey('keys', 'show-log', site, '--json')).output) as { keys: string[] }).keys

    const restarted = await latchkey(
      'ledger',
      'restart',
      site,
      '--reason',
      'disk restored from an older copy',
      '--json',
    )
    expect(restarted.code).toBe(0)
    const made = JSON.parse(restarted.output.split('\n').find((line) => line.startsWith('{'))!)
    await gateway.start()
    await until(async () => (await notes()).some((note) => note.includes('unanchored')), 15_000, 'never looked up')
    expect((await api.unlock('booth-1', used)).body).toMatchObject({ code: 'token-replayed' })
    const third = await api.unlocked('booth-1', await token())
    const ended = await api.ended(third.id)
    expect(ended.use.length).toBeGreaterThan(0)
    expect(await api.meter(unitMeter)).toMatchObject({ conserved: true })
    expect(Number((await api.meter(unitMeter)).total)).toBeGreaterThanOrEqual(Number(total))
    const [named] = await api.entries()
    expect(named).toMatchObject({
      seq: 0,
      kind: 'LedgerRestarted',
      data: { reason: 'disk restored from an older copy', previous: made.previous },
    })
    holdLedger(dataDir)
    const intents = (await api.entries()).filter(({ kind }) => kind === 'UnlockIntended')
    expect(intents).toHaveLength(1)

    const receiptOf = async (id: string) =>
      fetch(`${api.url}/v1/sessions/${id}/receipt`, { headers: { authorization: `Bearer ${await token()}` } })
    await until(async () => (await receiptOf(third.id)).status === 200, 10_000, 'not signed')
    expect(verifyReceipt(await (await receiptOf(third.id)).text(), made.keys).faults).toEqual([])
    const files = [join(scope.folder, 'new.evidence'), join(scope.folder, 'old.evidence')] as const
    expect((await latchkey('export', site, files[0])).code).toBe(0)
    expect((await latchkey('export', site, files[1], '--log', made.archive)).code).toBe(0)
    const [fresh, gone] = [
      verifyBundle(readFileSync(files[0]), made.keys),
      verifyBundle(readFileSync(files[1]), [old!]),
    ]
    expect([fresh.faults, gone.faults]).toEqual([[], []])
    expect(fresh.facts.sessions.map(({ session }) => session)).toEqual([third.id])
    expect(gone.facts).toMatchObject({ entries: made.previous.entries, origin: made.previous.origin })
    expect(gone.facts.sessions.map(({ session }) => session)).toEqual([first.id])
    // the next start finds its own checkpoint outside
    await gateway.kill()
    await gateway.start()
    await until(
      async () => (await notes()).every((note) => !/held against|unanchored|contradicts/.test(note)),
      15_000,
      'not anchored',
    )
  }, 300_000)
})
