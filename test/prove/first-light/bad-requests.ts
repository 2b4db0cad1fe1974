/**
 * What must not be obeyed: forged, expired, spent and foreign tokens, bodies that are not as described. Each is
 * answered with a problem document and a code that stays, and not one write frame reaches a machine for it: the judge
 * counts them, in the full form a packet capture too.
 */
import { countFrames, startCapture } from '../../support/capture.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { type TestProcess, until } from '../../support/process.ts'
import { pause } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'
import { type BadRequest, badBodies, badTokens } from './bad-request-rows.ts'

/** Longer than a heartbeat: a write that was under way has arrived. */
const SETTLE_MS = 1500

export const badRequests: Item = {
  name: 'bad-requests',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const plant = await startPlant(scope, { site: 'bad-requests', machines: { 'spray-booth': 2 } })
    const target = plant.machine('booth-1').simulator
    const capture = quick ? undefined : await startCapture(target.modbusPort)
    if (capture !== undefined) scope.defer(() => capture.kill())

    const spent = await spentToken(plant)
    const others = await plant.api.unlocked('booth-2', await plant.machine('booth-2').token())
    const held = (await plant.machine('booth-2').simulator.judge()).lease.ownerToken
    await pause(SETTLE_MS)
    const before = await target.judge()
    const framesBefore = countFrames(capture)

    const rows = [...(await badTokens(plant, { spent, session: others.id })), ...(await badBodies(plant))]
    for (const row of rows) await isRefused(plant, row, checks)

    await pause(SETTLE_MS)
    const after = await target.judge()
    const frames = after.writeFrames.count - before.writeFrames.count
    checks.check('no write frame reaches the machine', frames === 0, after.writeFrames.last.slice(-frames))
    const other = await plant.machine('booth-2').simulator.judge()
    checks.check(
      'the session of another tenant is untouched',
      other.startPermission && other.lease.ownerToken === held && other.accepted.length === 1,
      other.lease,
    )
    if (capture !== undefined) {
      const wire = countFrames(capture) - framesBefore
      checks.check('no write request on the wire', wire === 0, `${wire} frames`)
      await captureSees(plant, capture, checks)
    }
    await aliveAndWell(plant, checks)
    return checks.verdict(`${rows.length} requests, ${frames} write frames${capture ? ', on the wire too' : ''}`)
  },
}

/** A token that has unlocked once, its session over. */
async function spentToken(plant: Plant): Promise<string> {
  const token = await plant.machine('booth-1').token()
  const session = await plant.api.unlocked('booth-1', token)
  await plant.api.ended(session.id)
  return token
}

async function isRefused({ api }: Plant, row: BadRequest, checks: Checks): Promise<void> {
  const { what, method, path, status, code, ...call } = row
  const answer = await api.call(method, path, call)
  const { body, type } = answer
  const advice = body.advice as Readonly<Record<string, unknown>> | undefined
  const clear =
    type.startsWith('application/problem+json') &&
    [body.title, advice?.en, advice?.zh, body.instance].every((text) => typeof text === 'string' && text.length > 0)
  checks.check(`${what}: ${status} ${code}`, answer.status === status && body.code === code && clear, answer)
}

/** None of it did harm: the same machine is unlocked for the next good token. */
async function aliveAndWell(plant: Plant, checks: Checks): Promise<void> {
  const answer = await plant.api.unlock('booth-1', await plant.machine('booth-1').token())
  checks.check('a good token unlocks afterwards', answer.status === 200, answer)
  if (answer.status === 200) await plant.api.ended(answer.body.id)
}

/* ── the wire ── */

/** A capture that sees nothing when something is written proves nothing. */
async function captureSees(plant: Plant, capture: TestProcess, checks: Checks): Promise<void> {
  const before = countFrames(capture)
  const session = await plant.api.unlocked('booth-1', await plant.machine('booth-1').token())
  await plant.api.ended(session.id)
  const sees = await until(() => countFrames(capture) > before, 10_000, '').then(
    () => true,
    () => false,
  )
  checks.check('the capture sees a write when there is one', sees, capture.output().slice(-500))
}
