/** One real gateway among the simulated ones: the roll-up must understand what a gateway is, not what a fleet plays. */
import { type Plant, startPlant } from '../../../support/gateway-plant.ts'
import { found, nowMs, type Scope } from '../../../support/proof.ts'
import type { Checks } from '../../item.ts'
import { askRollup } from './judging.ts'
import type { Address } from './stage.ts'

const KIND = 'real-booth'
const PLACE = { latitude: 1, longitude: 1 }
const HOUR_MS = 3_600_000
const WITHIN_MS = 30_000

export type Real = { readonly plant: Plant; readonly address: Address; readonly tokens: string }

export async function startReal(scope: Scope, broker: string): Promise<Real> {
  const plant = await startPlant(scope, {
    site: 'real',
    machines: { 'spray-booth': 1 },
    mqtt: { url: broker, version: 5, heartbeat: '1s' },
    more: { 'booth-1': { kind: KIND, about: { location: PLACE } } },
  })
  const { url } = plant.api
  return { plant, address: { site: 'real', gateway: 0, url }, tokens: `${plant.platform.url}/service-token` }
}

/** Booked, it is free at another time only; with its gateway dead it is free at none. Seconds that each took. */
export async function checkReal({ plant }: Real, rollupUrl: string, checks: Checks): Promise<readonly number[]> {
  const at = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString()
  const isFree = async (from?: string) => {
    const question = `kind=${KIND}&near=1,1&minutes=60${from === undefined ? '' : `&from=${from}`}`
    return (await askRollup(rollupUrl, question))?.includes('real/booth-1')
  }
  const took = async (what: string, holds: () => Promise<boolean>) => {
    const beganMs = nowMs()
    const held = await found(async () => (await holds()) || undefined, WITHIN_MS, what).catch(() => false)
    checks.check(`a real gateway: ${what}`, held)
    return (nowMs() - beganMs) / 1000
  }
  const first = await took('its machine is free', async () => (await isFree()) === true)
  const booking = { id: 'later', machine: 'booth-1', tenant: 'acme', start: at(3), end: at(4) }
  const { status } = await plant.platform.putBooking(booking)
  checks.check('a real gateway: takes the booking', status < 300, status)
  const booked = await took('a booked time is not free', async () => (await isFree(booking.start)) === false)
  await took('another time is', async () => (await isFree(at(5))) === true)
  await plant.gateway.kill()
  const dead = await took('dead, it is free at no time', async () => (await isFree(at(5))) === false)
  return [first, booked, dead]
}
