/**
 * Random changes of a site are applied while machines are in use: a name here, a lease there, a machine that comes and
 * goes on the link of another one, back to what was before. What is in use is never changed but in its names, and every
 * unit is in its session. Read next: gateway/control/apply/plan.ts, edits.ts.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { openStream, type Stream } from '../../flow/stream.ts'
import type { Api, Session } from '../../support/gateway-api.ts'
import { type Plant, type PlantMachine, startPlant } from '../../support/gateway-plant.ts'
import { until } from '../../support/process.ts'
import { randomBetween } from '../../support/proof.ts'
import { createChecks, type Item, type Run } from '../item.ts'
import { type Draft, edits, FOR_USE, familyText, POWER_FAMILY, WITHOUT_METER } from './edits.ts'

const CHANGES = 100
const QUICK_CHANGES = 25
/** The third machine is used again after so many changes. */
const USED_EVERY = 8
const LOOK_MS = 150

type Answer = { readonly applied?: boolean; readonly code?: string; readonly detail?: string }
type Trial = {
  readonly run: Run
  readonly plant: Plant
  readonly draft: Draft
  /** Entries of configurations that were applied. */
  readonly entries: number[]
  readonly done: Map<string, number>
  refused: number
}

export const apply: Item = {
  name: 'apply',
  async run(run) {
    const { check, verdict } = createChecks(run.say)
    const plant = await startPlant(run.scope, {
      ...{ site: 'apply-proof', machines: { 'spray-booth': 3 }, cycleMs: 300, autoStart: true, lease: '20s' },
      more: { 'booth-2': WITHOUT_METER },
      people: { wang: { role: 'technician', name: 'Wang Li' } },
    })
    const { api } = plant
    const held = ['booth-1', 'booth-2'].map(plant.machine)
    const trial = trialOf(run, plant)
    const sessions = await Promise.all(held.map(async ({ id, token }) => api.unlocked(id, await token())))
    const stream = await openStream(`${api.url}/v1/events`, plant.auditor)
    const watch = watchStates(api, held)
    const uses: Promise<boolean>[] = []
    const wanted = run.quick ? QUICK_CHANGES : CHANGES
    for (let change = 0; change < wanted; change += 1) {
      if (change % USED_EVERY === USED_EVERY - 1) uses.push(useMeanwhile(trial, plant.machine('booth-3')))
      await uses.at(-1)
      const { name, answer } = await changeOnce(trial)
      check(`change ${change}, ${name}, is applied`, answer.applied === true, answer)
      await refusedInUse(trial).then((fault) =>
        check(`change ${change}: a machine in use is left alone`, !fault, fault),
      )
      await pause(randomBetween(0, 120))
    }
    const unknown = await watch.end()
    check('a machine that nobody touched was always seen in use', unknown.length === 0, unknown.slice(0, 5))
    const bad = lossesIn(stream, held)
    check('no stream told of a loss', bad.length === 0, bad.slice(0, 5))
    stream.close()
    check(
      'the third machine was used in between, and every unit of it is there',
      (await Promise.all(uses)).every(Boolean),
    )
    for (const [index, machine] of held.entries())
      for (const fault of await faultsOf(api, machine, sessions[index]!)) check(fault, false)
    check('the gateway is the one that was started', !plant.gateway.output().includes('fatal'))
    const kinds = [...trial.done].map(([name, times]) => `${times} × ${name}`).join(', ')
    run.say(kinds)
    const units = await Promise.all(held.map(async ({ simulator }) => (await simulator.judge()).producedUnits))
    return verdict(
      `${wanted} changes of ${trial.done.size} kinds, ${trial.refused} refused in use, ${held.length + uses.length} sessions, ${units.reduce((sum, one) => sum + one, 0)} units`,
    )
  },
}

function trialOf(run: Run, plant: Plant): Trial {
  const site = parse(readFileSync(plant.gateway.sitePath, 'utf8')) as Draft['site']
  return {
    run,
    plant,
    draft: { site, profiles: { [POWER_FAMILY]: familyText() } },
    entries: [],
    done: new Map(),
    refused: 0,
  }
}

/** One that can be made; every tenth goes back to one of those before. */
async function changeOnce(trial: Trial): Promise<{ readonly name: string; readonly answer: Answer }> {
  const { draft, done, entries } = trial
  const isBack = entries.length > 3 && randomBetween(1, 10) === 1
  const name = isBack ? 'back' : edited(draft)
  const answer = await send(
    trial,
    isBack ? { rollback: entries[randomBetween(0, entries.length - 1)]! } : bodyOf(draft),
  )
  done.set(name, (done.get(name) ?? 0) + 1)
  const { gateway, api, auditor } = trial.plant
  if (isBack) draft.site = parse(readFileSync(gateway.sitePath, 'utf8')) as Draft['site']
  const history = await api.call<{ configurations: { entry: number }[] }>('GET', '/configuration/history', {
    token: auditor,
  })
  entries.push(history.body.configurations[0]!.entry)
  return { name, answer }
}

function edited(draft: Draft): string {
  for (;;) {
    const { name, edit } = edits[randomBetween(0, edits.length - 1)]!
    if (edit(draft)) return name
  }
}

const bodyOf = ({ site, profiles }: Draft) => ({ site: stringify(site), profiles })

async function send({ plant }: Trial, body: object): Promise<Answer> {
  const { status, body: answer } = await plant.api.call<Answer>('POST', '/configuration', {
    token: plant.key('wang'),
    body,
  })
  return status === 200 ? answer : { code: `${status} ${answer.code}`, ...(answer.detail && { detail: answer.detail }) }
}

/** What it says when it is not refused as it has to be. */
async function refusedInUse(trial: Trial): Promise<string | undefined> {
  const { draft, run } = trial
  if (run.quick && randomBetween(0, 2) > 0) return undefined
  const wrong = structuredClone(draft)
  FOR_USE(wrong.site, `booth-${randomBetween(1, 2)}`)
  const answer = await send(trial, bodyOf(wrong))
  trial.refused += 1
  return answer.code === '409 configuration-waits' ? undefined : JSON.stringify(answer)
}

/** A session of its own; whether every unit is in it. */
async function useMeanwhile({ plant }: Trial, { id, token, simulator, unitMeter }: PlantMachine): Promise<boolean> {
  const { api } = plant
  await api.untilMachine(id, ({ availability: { state } }) => state === 'Available' || state === 'Reserved', 20_000)
  const before = (await simulator.judge()).producedUnits
  const session = await api.unlocked(id, await token())
  await until(async () => (await simulator.judge()).producedUnits > before, 10_000, `${id} makes nothing`)
  const { use } = await api.ended(session.id)
  await api.untilMachine(id, ({ access }) => access === 'Locked', 15_000)
  const made = String((await simulator.judge()).producedUnits - before)
  return use.some(({ meter, quantity }) => meter === unitMeter && quantity === made)
}

function watchStates(api: Api, machines: readonly PlantMachine[]) {
  const seen: string[] = []
  const stop = new AbortController()
  const looking = (async () => {
    while (!stop.signal.aborted) {
      for (const { id } of machines) {
        const { availability, access } = await api.machine(id)
        if (availability.state !== 'InUse' || access !== 'Unlocked')
          seen.push(`${id} ${availability.state} ${availability.reason ?? ''} ${access}`)
      }
      await pause(LOOK_MS)
    }
  })().catch((error: Error) => seen.push(`nobody could look: ${error.message}`))
  return {
    async end() {
      stop.abort()
      await looking
      return seen
    },
  }
}

/** Of machines in use nothing may have come but what they count. */
function lossesIn(stream: Stream, machines: readonly PlantMachine[]): string[] {
  const links = machines.map(({ id }) => `${id}-modbus`)
  return stream.take().flatMap(({ event, data }) => {
    const { machine, data: said } = data as { machine?: string; data: { link?: string; state?: string } }
    const isOurs = machines.some(({ id }) => id === machine) || links.includes(said.link ?? '')
    const isLoss = ['LinkLost', 'SessionSuspended', 'SessionEnded', 'ForeignUse'].includes(event)
    return isOurs && (isLoss || said.state === 'Unknown') ? [`${event} ${JSON.stringify(said)}`] : []
  })
}

async function faultsOf(
  api: Api,
  { id, simulator, unitMeter }: PlantMachine,
  { id: session }: Session,
): Promise<string[]> {
  const open = await api.session(session)
  const ended = await api.ended(session)
  const judge = await simulator.judge()
  const made = String(judge.producedUnits)
  const meter = await api.meter(unitMeter)
  return [
    ...(open.status === 'open' ? [] : [`the session of ${id} is ${open.status}`]),
    ...(judge.enables === 1 ? [] : [`${id} was enabled ${judge.enables} times`]),
    ...(judge.outputEdges.filter(({ on }) => on).length === 1 ? [] : [`the output of ${id} went off in between`]),
    ...(ended.use.some((use) => use.meter === unitMeter && use.quantity === made)
      ? []
      : [`${id} made ${made}, and its session has ${JSON.stringify(ended.use)}`]),
    ...(meter.total === made && meter.conserved ? [] : [`${unitMeter}: ${JSON.stringify(meter)} of ${made}`]),
  ]
}
