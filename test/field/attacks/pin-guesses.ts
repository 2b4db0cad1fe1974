/** PINs guessed at machines that are there and not, with thousands of bookings (security M1). Read next: attack.ts. */
import type { Plant } from '../../support/gateway-plant.ts'
import { pause } from '../../support/proof.ts'
import { prove } from './attack.ts'

const BOOKINGS = 5_000
const GUESSERS = 6
const HOUR_MS = 3_600_000

await prove({
  name: 'PIN guesses',
  // A cause per minute and machine, each with its first and its count.
  mostDenials: 200,
  prepare: putMany,
  async run(plant, signal) {
    let guesses = 0
    const guess = async (guesser: number) => {
      while (!signal.aborted) {
        const machine = guesses++ % 3 === 0 ? `machine-${guesses}` : 'booth-1'
        const authorization = `Pin ${machine}:${String(guesses % 10_000).padStart(4, '0')}`
        await fetch(`${plant.api.url}/v1/sessions/0190f000-0000-7000-8000-00000000000${guesser}`, {
          headers: { authorization },
        }).then((response) => response.body?.cancel())
        await pause(20)
      }
    }
    await Promise.all(Array.from({ length: GUESSERS }, (_, index) => guess(index)))
    return guesses
  },
})

/** Bookings of days to come, back to back. */
async function putMany({ api, platform }: Plant): Promise<void> {
  const begin = Date.now() + 24 * HOUR_MS
  const at = (index: number) => new Date(begin + index * HOUR_MS).toISOString()
  const bookings = Array.from({ length: BOOKINGS }, (_, index) => ({
    id: `season-${index}`,
    machine: 'booth-1',
    tenant: 'season',
    start: at(index),
    end: at(index + 1),
    version: 1,
  }))
  const token = await platform.serviceToken()
  const { status, body } = await api.call('PUT', '/bookings', { token, body: { version: 1, bookings } })
  if (status !== 200) throw new Error(`PUT bookings: ${status} ${JSON.stringify(body)}`)
}
