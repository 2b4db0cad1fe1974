/** Two gateways on the same machines, by mistake or in a change-over: the fence in the PLC keeps them apart. */
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { createGateway, type Gateway } from '../support/gateway.ts'
import { type Answer, type Api, createApi, type Session } from '../support/gateway-api.ts'
import type { PlantMachine } from '../support/gateway-plant.ts'
import { siteText } from '../support/gateway-site.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/process.ts'
import { found } from '../support/proof.ts'
import { ENABLE, type Judge } from '../support/simulators.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('two')
const plantOf = withPlant(scope, {
  site: 'two',
  machines: { 'spray-booth': 1, instrument: 1 },
  cycleMs: 300,
  autoStart: true,
  bounds: { reconnectMax: '2s' },
})

/** Numbers of the gateways: what a token leaves when it is divided by 16. */
const FIRST = 0
const SECOND = 5
let rival: Api
let rivalGateway: Gateway
beforeAll(async () => {
  const { auditor, dataDir, platform, machines } = plantOf()
  const port = await freePort()
  const text = siteText({
    site: 'rival',
    dataDir: `${dataDir}-rival`,
    fencingId: SECOND,
    port,
    platform,
    machines,
    bounds: { reconnectMax: '2s' },
  })
  const { copyFileSync, mkdirSync } = await import('node:fs')
  mkdirSync(`${dataDir}-rival`)
  copyFileSync(join(dataDir, 'keys.json'), join(`${dataDir}-rival`, 'keys.json'))
  rivalGateway = createGateway(scope, 'rival', text)
  await rivalGateway.start()
  rival = createApi(`http://127.0.0.1:${port}`, { platform: platform.serviceToken, auditor })
  await Promise.all(machines.map(({ id }) => rival.untilAvailable(id, 20_000)))
}, 180_000)

/** Of a booking that holds it is Reserved. */
const untilLocked = (api: Api, id: string) => api.untilMachine(id, ({ access }) => access === 'Locked', 20_000)

const gatewayOf = (token: number) => token % 16
/** What each gateway wrote, by its number: command words, oldest first. */
function written(judge: Judge, of: number): number[] {
  return judge.writeFrames.last
    .filter(({ words }) => words.length === 16 && gatewayOf(words[2]! * 0x10000 + words[3]!) === of)
    .map(({ words }) => words[4]!)
}

type Race = {
  readonly winner: Api
  readonly loser: Api
  readonly number: number
  readonly session: Session
  readonly lost: Answer<Session & { code?: string }>
}

async function race({ id, token }: PlantMachine): Promise<Race> {
  const first = plantOf().api
  const tokens = [await token(), await token()]
  const [own, other] = await Promise.all([first.unlock(id, tokens[0]!), rival.unlock(id, tokens[1]!)])
  expect([own.status, other.status].filter((status) => status === 200)).toHaveLength(1)
  return own.status === 200
    ? { winner: first, loser: rival, number: FIRST, session: own.body, lost: other }
    : { winner: rival, loser: first, number: SECOND, session: other.body, lost: own }
}

test.concurrent.each(['booth-1', 'instrument-1'])(
  '%s: of two that ask at once one has it, and the other says so and keeps off',
  { timeout: 90_000 },
  async (id) => {
    const machine = plantOf().machine(id)
    const { simulator, unitMeter } = machine
    const before = await simulator.judge()
    const heads = new Map<Api, number>()
    for (const api of [plantOf().api, rival]) heads.set(api, await api.head())
    const counted = new Map<Api, bigint>()
    for (const api of [plantOf().api, rival]) counted.set(api, BigInt((await api.meter(unitMeter)).unassigned))
    const { winner, loser, number, session, lost } = await race(machine)
    const unassigned = counted.get(loser)!

    // At once, by its name: not after the time in which an enable may still come true.
    expect(['machine-refused', 'foreign-use']).toContain(lost.body.code)
    expect(lost.body).toMatchObject({
      advice: { en: expect.stringMatching(/\w/), zh: expect.stringMatching(/\p{Script=Han}/u) },
    })
    await loser.untilMachine(
      id,
      ({ availability }) => availability.state === 'InUse' && availability.reason === 'foreign',
      10_000,
    )
    const entries = async (api: Api) => (await api.entries(heads.get(api))).filter((entry) => entry.machine === id)
    const foreign = await found(
      async () => (await entries(loser)).find(({ kind, data }) => kind === 'ForeignUse' && data.phase === 'began'),
      10_000,
      'the loser is not alarmed',
    )
    expect(foreign.session).toBeUndefined()

    // Renewed over more than a lease by the one, while the other writes nothing more.
    const { heartbeats } = await simulator.judge()
    await until(async () => (await simulator.judge()).heartbeats > heartbeats + 6, 30_000, 'it is not renewed')
    const held = await simulator.judge()
    expect(held.enables).toBe(before.enables + 1)
    expect(gatewayOf(held.lease.ownerToken)).toBe(number)
    const others = written(held, FIRST + SECOND - number).slice(written(before, FIRST + SECOND - number).length)
    expect(others.filter((command) => command !== ENABLE)).toEqual([])
    expect(others.length).toBeLessThanOrEqual(1)
    const tokens = new Set(held.accepted.slice(before.accepted.length).map(({ token }) => token))
    expect([...tokens]).toEqual([held.lease.ownerToken])

    // Its units are those of the session here, and nobody's there.
    const ended = await winner.ended(session.id)
    const made = (await simulator.judge()).producedUnits - before.producedUnits
    expect(made).toBeGreaterThan(0)
    expect(ended.use).toContainEqual(expect.objectContaining({ meter: unitMeter, quantity: String(made) }))
    await untilLocked(loser, id)
    const atLoser = await found(
      async () => {
        const meter = await loser.meter(unitMeter)
        return BigInt(meter.unassigned) - unassigned >= BigInt(made) ? meter : undefined
      },
      10_000,
      'the loser does not count them',
    )
    expect(BigInt(atLoser.unassigned) - unassigned).toBe(BigInt(made))
    expect(atLoser.conserved).toBe(true)

    // Then the other may, under a higher token.
    const next = await loser.unlocked(id, await machine.token())
    const { lease } = await simulator.judge()
    expect(gatewayOf(lease.ownerToken)).toBe(FIRST + SECOND - number)
    expect(lease.ownerToken).toBeGreaterThan(held.lease.ownerToken)
    await loser.ended(next.id)
  },
)

test('one that comes back finds its machines taken over, and takes nothing back', { timeout: 90_000 }, async () => {
  const { api, gateway, machines } = plantOf()
  const sessions = await Promise.all(
    machines.map(async ({ id, token }) => {
      await untilLocked(api, id)
      return api.unlocked(id, await token())
    }),
  )
  await gateway.kill()
  const frames = await Promise.all(
    machines.map(async ({ simulator }) => written(await simulator.judge(), FIRST).length),
  )
  const taken = await Promise.all(
    machines.map(async ({ id, token, simulator }) => {
      await until(async () => !(await simulator.judge()).startPermission, 12_000, 'the lease does not lapse')
      await untilLocked(rival, id)
      return rival.unlocked(id, await token())
    }),
  )
  await gateway.start()
  for (const [index, { id, simulator }] of machines.entries()) {
    const ended = await api.untilSession(sessions[index]!.id, ({ status }) => status === 'ended', 30_000)
    expect([id, ended.stoppedReason]).toEqual([id, 'Reboot'])
    await api.untilMachine(id, ({ availability }) => availability.reason === 'foreign', 5000)
    const judge = await simulator.judge()
    expect(written(judge, FIRST)).toHaveLength(frames[index]!)
    expect(gatewayOf(judge.lease.ownerToken)).toBe(SECOND)
    expect((await rival.session(taken[index]!.id)).status).toBe('open')
    await rival.ended(taken[index]!.id)
    await untilLocked(api, id)
  }
  // What was made between the last word of the first and its return is accounted for on both sides.
  for (const { unitMeter, simulator } of machines)
    for (const each of [api, rival]) {
      const made = String((await simulator.judge()).producedUnits)
      await until(async () => (await each.meter(unitMeter)).total === made, 10_000, 'a unit is not counted')
      expect((await each.meter(unitMeter)).conserved).toBe(true)
    }
})
