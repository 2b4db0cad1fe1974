/** What cannot be read is Unknown, soon, and nothing else until it is read again. */
import { expect, test } from 'vitest'
import { found, nowMs } from '../support/proof.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('stale')
const plantOf = withPlant(scope, { site: 'stale', machines: { 'spray-booth': 1, instrument: 1 } })

test.each(['booth-1', 'instrument-1'])(
  '%s is Unknown within 3 s of a cut, and Available only when it is back',
  async (id) => {
    const { api, machine } = plantOf()
    const { simulator } = machine(id)
    const from = await api.head()
    await simulator.fault({ kind: 'cut' })
    const sinceMs = nowMs()
    const unknown = await api.untilMachine(id, ({ availability }) => availability.state === 'Unknown', 5000)
    expect(nowMs() - sinceMs).toBeLessThan(3000)
    expect(unknown.availability.reason).toMatch(/^(stale|link-down)/)

    const refused = await api.unlock(id, await machine(id).token())
    expect(refused).toMatchObject({ status: 503, body: { code: 'not-fresh' } })
    const states = await statesUntil(id, sinceMs + 4500)
    expect(new Set(states)).toEqual(new Set(['Unknown']))

    await simulator.fault({ kind: 'heal' })
    await api.untilAvailable(id, 35_000)
    const changes = (await api.entries(from)).filter(
      ({ kind, machine: of }) => kind === 'AvailabilityChanged' && of === id,
    )
    expect(changes.map(({ data }) => data.to)).toEqual(['Unknown', 'Available'])

    /** Every answer a caller gets until then. */
    async function statesUntil(machineId: string, untilMs: number): Promise<string[]> {
      const seen: string[] = []
      await found(
        async () => {
          seen.push((await api.machine(machineId)).availability.state)
          return nowMs() >= untilMs ? true : undefined
        },
        20_000,
        'time stands still',
      )
      return seen
    }
  },
)

test('a PLC that stands still is Unknown within 3 s, though its connection is open', async () => {
  const { api, machine } = plantOf()
  const { simulator } = machine('booth-1')
  await api.untilAvailable('booth-1')
  await simulator.freeze()
  const sinceMs = nowMs()
  await api.untilMachine('booth-1', ({ availability }) => availability.state === 'Unknown', 6000)
  expect(nowMs() - sinceMs).toBeLessThan(4000)
  simulator.thaw()
  await api.untilAvailable('booth-1', 35_000)
})

test('a machine that was asked for in vain is read again soon after it is back', async () => {
  const { api, machine } = plantOf()
  const { simulator, token } = machine('booth-1')
  await api.untilAvailable('booth-1')
  const credential = await token()
  const asked = api.unlock('booth-1', credential)
  await simulator.fault({ kind: 'cut' })
  expect((await asked).status).not.toBe(500)
  const again = await api.unlock('booth-1', await token())
  expect(again.status).not.toBe(200)
  await simulator.fault({ kind: 'heal' })
  await api.untilMachine('booth-1', ({ availability }) => availability.state !== 'Unknown', 8000)
})
