/**
 * One token, asked a hundred times at once over many connections, with and without keys for repeats, and again after
 * its session and after a kill: exactly one session comes of it, by the answers, by the ledger and by the machine.
 */
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { pause } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'

const TIMES = 100
/** The command of the lease block. */
const ENABLE = 1

export const replay: Item = {
  name: 'replay',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const plant = await startPlant(scope, { site: 'replay', machines: { 'spray-booth': 1 } })
    const rounds = quick ? 1 : 20
    for (let round = 0; round < rounds; round++) {
      await oneRound(plant, checks, keysOf[round % keysOf.length]!, round)
      say(`${round + 1} of ${rounds}`)
    }
    return checks.verdict(`${rounds} tokens × ${TIMES} at once`)
  },
}

/** The Idempotency-Key of the nth request. */
const keysOf: readonly ((n: number) => string | undefined)[] = [
  () => undefined,
  (n) => (n % 3 === 0 ? undefined : `key-${n % 3}`),
  (n) => `key-${n}`,
  () => 'one-key',
]

async function oneRound(plant: Plant, checks: Checks, keyOf: (n: number) => string | undefined, round: number) {
  const { api, gateway } = plant
  await api.untilMachine('booth-1', ({ access, session }) => access === 'Locked' && session === undefined, 30_000)
  const token = await plant.machine('booth-1').token()
  const from = await api.head()
  const enables = async () => {
    const { accepted } = await plant.machine('booth-1').simulator.judge()
    return accepted.filter(({ command }) => command === ENABLE).length
  }
  const enablesBefore = await enables()
  const ask = (n: number) => {
    const key = keyOf(n)
    return api.unlock('booth-1', token, key === undefined ? {} : { 'idempotency-key': `${round}-${key}` })
  }
  const answers = await Promise.all(Array.from({ length: TIMES }, (_, n) => ask(n)))
  const taken = answers.filter(({ status }) => status === 200)
  const sessions = new Set(taken.map(({ body }) => body.id))
  checks.check('one session answers', sessions.size === 1, [...sessions])
  checks.check(
    'whoever is not answered with it is refused',
    answers.every(({ status }) => [200, 409, 503].includes(status)),
    answers.map(({ status }) => status),
  )
  const withoutKey = answers.filter((answer, n) => keyOf(n) === undefined && answer.status === 200)
  checks.check('without a key only one can be', withoutKey.length <= 1, withoutKey.length)
  const [id] = sessions
  if (id === undefined) return

  if (round % 2 === 0) {
    await gateway.kill()
    await gateway.start()
  } else await api.ended(id)
  const again = await Promise.all(Array.from({ length: TIMES }, (_, n) => ask(n)))
  const anew = again.filter(({ status, body }) => status === 200 && body.id !== id)
  checks.check('nor later, nor after a kill, does another session come of it', anew.length === 0, anew)
  // The same key may be answered with the session it opened while that is open, and in no other way.
  const odd = again.filter((answer, n) => answer.status === 200 && keyOf(n) === undefined)
  checks.check('a replay without a key is refused', odd.length === 0, odd)

  const open = await api.session(id)
  if (open.status !== 'ended') await api.ended(id, 30_000)
  await pause(500)
  const entries = (await api.entries(from)).filter(({ machine }) => machine === 'booth-1')
  const intents = new Set(entries.filter(({ kind }) => kind === 'UnlockIntended').map(({ session }) => session))
  checks.check('the ledger knows one intent', intents.size === 1 && intents.has(id), [...intents])
  const enabled = (await enables()) - enablesBefore
  checks.check('the machine was enabled once', enabled === 1, enabled)
}
