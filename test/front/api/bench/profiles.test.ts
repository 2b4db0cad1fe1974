/** What was found behind a display becomes the text of a profile that passes its own check. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { judgeProfile } from '../../../../config/catalogue.ts'
import { type Bench, createBench } from '../bench.ts'

let bench: Bench
let technician: string
const folder = mkdtempSync(join(tmpdir(), 'latchkey-made-'))
beforeAll(async () => {
  bench = await createBench()
  technician = (await bench.addKey('technician', 'Wang')).key.text
})
afterAll(async () => {
  await bench.close()
  rmSync(folder, { recursive: true, force: true })
})

const energy = {
  ...{ name: 'energy', table: 'holding', address: 10, type: 'u32', order: 'CDAB', scale: 0.01, offset: 0 },
  ...{ unit: 'kWh', counts: true, step: 0.01 },
}
const make = (signals: readonly object[]) =>
  bench.app.inject({
    method: 'POST',
    url: '/v1/bench/profiles',
    headers: { authorization: `Bearer ${technician}` },
    payload: { profile: 'press-meter', maker: 'ABB: B23', model: '"112"', signals },
  })

test('it passes the check of a profile, with a meter for what counts', async () => {
  const power = { ...energy, name: 'power', unit: 'W', type: 's16', order: 'ABCD', scale: 1, counts: false }
  const answer = await make([energy, power])
  expect(answer.statusCode).toBe(200)
  const { text } = answer.json()
  expect(text).toContain('order: CDAB')
  expect(text).not.toContain('order: ABCD')
  const path = join(folder, 'press-meter.yaml')
  writeFileSync(path, text)
  expect(judgeProfile(path)).toEqual([])
})

test('what can be no meter is refused with why', async () => {
  const answer = await make([{ ...energy, unit: 'pcs', scale: 0.000_3 }])
  expect(answer.json()).toMatchObject({ code: 'bad-request', detail: expect.stringContaining('whole number') })
})

test.each([{ name: 'Energy total' }, { type: 'text' }, { scale: 0 }, { more: 1 }])('%o is refused', async (wrong) => {
  expect((await make([{ ...energy, ...wrong }])).statusCode).toBe(400)
})
