/**
 * What is given to programs is what the sources and the description of the API make, byte for byte; and a platform that
 * books with it while the gateway dies again and again ends with each booking put once. The client is taken as another
 * program takes it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from 'latchkey/client'
import { DESCRIPTION, emit, typesOf } from '../../../gateway/client/generate/generate.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { pause, randomBetween } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'

const ROOT = join(import.meta.dirname, '../../..')
const BUILT = join(ROOT, 'gateway/client/built')
const MACHINE = 'booth-1'
const HOUR_MS = 3_600_000

export const client: Item = {
  name: 'client',
  async run({ scope, say, quick }) {
    const checks = createChecks(say)
    const folder = join(ROOT, 'dist', `client-${process.pid}`)
    mkdirSync(folder, { recursive: true })
    scope.defer(() => rmSync(folder, { recursive: true, force: true }))
    emit(folder)
    for (const name of readdirSync(folder)) checks.check(`${name} is as it is built`, isSame(folder, name), name)
    const types = typesOf(readFileSync(DESCRIPTION, 'utf8'))
    checks.check('the types are those of the description', types === readFileSync(join(BUILT, 'api.d.ts'), 'utf8'))
    const plant = await startPlant(scope, { site: 'client', machines: { 'spray-booth': 1 } })
    const deaths = await bookWhileItDies(checks, plant, quick ? 4 : 20)
    return checks.verdict(`${deaths} deaths`)
  },
}

const isSame = (folder: string, name: string) =>
  readFileSync(join(folder, name), 'utf8') === readFileSync(join(BUILT, name), 'utf8')

async function bookWhileItDies(checks: Checks, { api, gateway, platform }: Plant, deaths: number): Promise<number> {
  const { PUT, GET } = createClient({ url: api.url, token: platform.serviceToken, tries: 12, timeoutMs: 2_000 })
  const before = (await api.entries()).length
  let over = false
  const booked: string[] = []
  const booking = (async () => {
    for (let n = 0; !over; n += 1) {
      const startMs = Date.now() + (24 + n) * HOUR_MS
      const [start, end] = [startMs, startMs + HOUR_MS / 2].map((ms) => new Date(ms).toISOString()) as [string, string]
      const body = { machine: MACHINE, tenant: 'acme', version: 1, start, end }
      const { error } = await PUT('/v1/bookings/{id}', { params: { path: { id: `c-${n}` } }, body }).catch(
        (error: Error) => ({ error }),
      )
      checks.check(`booking ${n} is taken`, error === undefined, error)
      booked.push(`c-${n}`)
      await pause(20)
    }
  })()
  for (let n = 0; n < deaths; n += 1) {
    await pause(randomBetween(300, 1_500))
    await gateway.kill()
    await pause(randomBetween(100, 1_000))
    await gateway.start()
  }
  over = true
  await booking
  const puts = (await api.entries(before)).filter(({ kind }) => kind === 'BookingPut')
  const twice = booked.filter((id) => puts.filter(({ data }) => data.booking === id).length !== 1)
  checks.check('each booking was put once', booked.length > deaths && twice.length === 0, [booked.length, twice])
  const { data } = await GET('/v1/bookings', { params: { query: { limit: '1000' } } })
  const held = new Set(data?.bookings.map(({ id }) => id))
  checks.check(
    'and is there',
    booked.every((id) => held.has(id)),
    booked.filter((id) => !held.has(id)),
  )
  return deaths
}
