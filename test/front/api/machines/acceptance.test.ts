/** The acceptance of a machine over HTTP: what is put beside what, and the file that the verifier checks. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JsonObject } from '../../../../gateway/core/ground/entry.ts'
import { createSigner, formatVkey } from '../../../../gateway/ledger/evidence/note.ts'
import { verifyAcceptance } from '../../../../gateway/ledger/verify/verifier.ts'
import { type Bench, createBench, LOG_ORIGIN } from '../bench.ts'
import { NOW_MS } from '../rows.ts'

const vkey = formatVkey(createSigner(LOG_ORIGIN, new Uint8Array(32).fill(3)).key)
let bench: Bench
let technician: string
beforeAll(async () => {
  bench = await createBench()
  technician = `Bearer ${(await bench.addKey('technician', 'Wang')).key.text}`
  bench.answer((command) => {
    if (command.kind !== 'accept') return { kind: 'done' }
    const data = { id: 'a-1', ...(command.acceptance as unknown as JsonObject), by: 'Wang', reason: command.reason }
    const at = { wallMs: NOW_MS, monoNs: '1', bootId: 'b', clock: 'synchronised' } as const
    bench.commit({
      kind: 'entry',
      entry: { kind: 'AcceptanceRecorded', version: 1, at, machine: command.machine, data },
    })
    return { kind: 'recorded', id: 'a-1' }
  })
})
afterAll(() => bench.close())

const accept = (machine: string, readings: object[]) =>
  bench.app.inject({
    method: 'POST',
    url: `/v1/machines/${machine}/acceptance`,
    headers: { authorization: technician },
    payload: { reason: 'handed over', readings },
  })
const file = (machine: string) =>
  bench.app.inject({ url: `/v1/machines/${machine}/acceptance`, headers: { authorization: technician } })

test('what was never accepted has no file', async () => {
  expect((await file('saw-1')).statusCode).toBe(404)
})

test('a signal of no machine is refused, and nothing is recorded', async () => {
  const { signals } = bench.config.machines.find(({ id }) => id === 'saw-1')!
  expect(signals.length).toBeGreaterThan(0)
  const answer = await accept('saw-1', [{ signal: 'saw-1/nothing.here', shown: '1' }])
  expect([answer.statusCode, answer.json().errors[0].path]).toEqual([400, '/body/readings/0/signal'])
  expect(bench.commands.filter(({ kind }) => kind === 'accept')).toEqual([])
})

test('the report has the reading beside the display, and its file is good as it is and in no other form', async () => {
  const signal = bench.config.machines.find(({ id }) => id === 'saw-1')!.signals[0]!
  bench.putSignal({ point: signal.id, quality: 'good', value: 42, readAtMs: NOW_MS, readAtNs: bench.clock.ns }, 60_000)
  const answer = await accept('saw-1', [{ signal: signal.id, shown: '42' }])
  expect([answer.statusCode, answer.json().readings]).toMatchObject([
    201,
    [{ signal: signal.id, shown: '42', reported: '42', agrees: true }],
  ])
  bench.sign()
  const { body, statusCode } = await file('saw-1')
  expect(statusCode).toBe(200)
  const verdict = verifyAcceptance(body, [vkey])
  expect([verdict.ok, verdict.faults]).toEqual([true, []])
  expect(verdict.facts.accepted).toMatchObject([{ machine: 'saw-1', by: 'Wang', label: answer.json().label }])
  for (const [from, to] of [
    ['\\"shown\\":\\"42\\"', '\\"shown\\":\\"43\\"'],
    ['\\"label\\":', '\\"labels\\":'],
    ['"version":1', '"version":2'],
  ] as const) {
    expect(body).toContain(from)
    expect(verifyAcceptance(body.replace(from, to), [vkey]).ok).toBe(false)
  }
})
