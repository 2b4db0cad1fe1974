/**
 * One ledger, and a row of changes over it: each time the gateway is stopped or killed, the files are changed, and it
 * starts again, mostly with a session that is still open. Read next: judge.ts (what must hold), gateway.ts.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { loadSite } from '../../../config/load.ts'
import type { Booking } from '../../../gateway/core/booking/booking.ts'
import { GatewayError } from '../../../gateway/core/ground/failure.ts'
import type { MachineEvent } from '../../../gateway/core/machine/event.ts'
import { random } from '../../ledger/verify/shop/random.ts'
import { baseDraft } from './base.ts'
import { type Dice, type Draft, diceOf, type Kind, write } from './draft.ts'
import { type Gateway, type Host, startGateway } from './gateway.ts'
import { broke, type Judge, look, lookAtEvidence, lookSettled, newJudge, note } from './judge.ts'
import { kinds } from './kinds.ts'
import { createPlant, type Plant } from './plant.ts'

/** Changes over one ledger. */
export const CHANGES = 20

export type Verdict = { readonly fault: string | undefined; readonly happened: Readonly<Record<string, number>> }

type Life = {
  readonly folder: string
  readonly host: Host
  readonly plant: Plant
  readonly judge: Judge
  readonly dice: Dice
  draft: Draft
  gateway: Gateway
}

/** Here a commit waits for no disk. */
const MEMORY = '/dev/shm'
const BEGAN_MS = Date.UTC(2026, 2, 2, 6)
const HOUR_MS = 3_600_000
const tick = (ms: number) => mock.timers.tick(ms)

/** `seed` names the life: which kinds, in which order, and what happens between them. */
export async function playLife(seed: number): Promise<Verdict> {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'latchkey-changes-'))
  const judge = newJudge()
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    await live(folder, seed, judge)
  } catch (error) {
    broke(judge, 'threw', (error as Error).stack ?? String(error))
  } finally {
    mock.timers.reset()
    rmSync(folder, { recursive: true, force: true })
  }
  return { fault: judge.fault, happened: judge.happened }
}

async function live(folder: string, seed: number, judge: Judge): Promise<void> {
  const dice = diceOf(random(seed))
  const host: Host = { ms: BEGAN_MS, ns: 1_000_000_000n, boot: 1 }
  const plant = createPlant()
  const draft = baseDraft()
  const gateway = startGateway(configOf(draft, folder)!, host, plant, tick)
  const life: Life = { folder, host, plant, judge, dice, draft, gateway }
  await use(life, 0)
  for (const [index, kind] of kindsOf(seed).entries()) {
    judge.at = `${index + 1}, ${kind.name}`
    await change(life, kind)
    await use(life, index + 1)
    look(judge, life.gateway)
    if (judge.fault !== undefined) break
  }
  await end(life)
  lookAtEvidence(judge, life.gateway)
  life.gateway.stop('asked')
}

/** Each kind comes once in every so many lives. */
function kindsOf(seed: number): readonly Kind[] {
  const lives = Math.ceil(kinds.length / CHANGES)
  const order = shuffled(kinds, diceOf(random(Math.floor(seed / lives) + 7_000_000)))
  const from = (seed % lives) * CHANGES
  return [...order, ...order].slice(from, from + CHANGES)
}

function shuffled<T>(items: readonly T[], dice: Dice): T[] {
  const left = [...items]
  return items.map(() => left.splice(dice.below(left.length), 1)[0]!)
}

/* ── a change ── */

/** Stopped or killed, changed, started: after a moment, or hours, with or without a boot of the host. */
async function change(life: Life, kind: Kind): Promise<void> {
  const { host, plant, judge, dice, folder } = life
  const open = [...life.gateway.machines.values()].filter(({ state }) => state.session !== undefined).length
  const how = dice.chance(0.5) ? 'asked' : 'killed'
  life.gateway.stop(how)
  const before = life.draft
  life.draft = draftAfter(before, kind, dice)
  const awayMs = dice.pick([0, 1000, 3000, 30_000, HOUR_MS, 9 * HOUR_MS])
  plant.busy = dice.chance(0.5)
  plant.pass(awayMs)
  host.ms += awayMs
  if (awayMs > 10_000 && dice.chance(0.3)) Object.assign(host, { boot: host.boot + 1, ns: 1_000_000_000n })
  else host.ns += BigInt(awayMs) * 1_000_000n
  note(judge, `a change of ${kind.name.split(':')[0]}`)
  note(judge, kind.name)
  if (open > 0) note(judge, 'a change while a session was open')
  const isRefused = refused(life, kind)
  if (isRefused) life.draft = before
  life.gateway = startGateway(configOf(life.draft, folder)!, host, plant, tick)
}

/** The change on top of those before it, or alone, when it has nothing to change or does not go with them. */
function draftAfter(before: Draft, kind: Kind, dice: Dice): Draft {
  for (const from of [before, baseDraft()]) {
    const draft = structuredClone(from)
    if (!kind.edit(draft, dice)) continue
    return draft
  }
  throw new Error(`${kind.name} changes nothing`)
}

/** Whether the change was refused, as it had to be. What does not go with the changes before it stands alone. */
function refused(life: Life, kind: Kind): boolean {
  const { folder, judge, host, plant, dice } = life
  const isAsked = () => (configOf(life.draft, folder) === undefined) === (kind.refused === 'check')
  if (!isAsked()) life.draft = draftAfter(baseDraft(), kind, dice)
  if (!isAsked()) {
    const loaded = loadSite(write(life.draft, folder), {})
    const faults = loaded.kind === 'ok' ? [] : loaded.faults.map(({ code, message }) => `${code}: ${message}`)
    broke(judge, 'check', faults.join('; ') || 'it was not refused')
    return true
  }
  if (kind.refused === 'check') note(judge, 'refused by check')
  if (kind.refused !== 'start') return kind.refused === 'check'
  try {
    startGateway(configOf(life.draft, folder)!, host, plant, tick).stop('asked')
    broke(judge, 'start', 'it was not refused')
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'invariant') throw error
    note(judge, 'refused at start')
  }
  return true
}

function configOf(draft: Draft, folder: string) {
  const loaded = loadSite(write(draft, folder), {})
  return loaded.kind === 'ok' ? loaded.config : undefined
}

/* ── use ── */

/** The machines are read for a while; sessions begin, work, and mostly end. */
async function use({ gateway, plant, judge, dice, host }: Life, round: number): Promise<void> {
  plant.busy = dice.chance(0.7)
  await gateway.live(8000, plant)
  for (const { state } of gateway.machines.values()) {
    const { id, interlock } = state.config
    if (interlock === undefined) continue
    if (state.session !== undefined) note(judge, `a session that is ${state.access.kind} after a change`)
    if (state.session === undefined) {
      gateway.ask(id, (command) => unlock(command, id, host.ms, round))
      await gateway.live(3000, plant)
      if (state.session !== undefined) note(judge, 'a session began')
    } else if (state.access.kind === 'Suspended')
      gateway.ask(id, (command) => ({ kind: 'resume', command, by: 'tenant' }))
  }
  plant.busy = true
  await gateway.live(6000, plant)
  for (const { state } of gateway.machines.values())
    if (state.session !== undefined && dice.chance(0.5))
      gateway.ask(state.config.id, (command) => ({ kind: 'end', command, by: 'owner' }))
  plant.busy = dice.chance(0.3)
  await gateway.live(6000, plant)
}

function unlock(command: number, machine: string, nowMs: number, round: number): MachineEvent {
  const name = `${machine}-${round}`
  const booking: Booking = {
    ...{ id: name, version: 1, machine, tenant: 'lin', startMs: nowMs - 1000, endMs: nowMs + 4 * HOUR_MS },
    ...{ limits: {}, status: 'held', source: 'push', qualifications: ['cnc', 'paint'] },
  }
  const principal = { role: 'platform', id: 'platform', issuer: 'test' } as const
  const session = { sessionId: `s-${name}`, tag: round + 1, tenantRef: 't-lin' }
  return { kind: 'unlock', request: { command, principal, booking, newBooking: true, ...session } }
}

/** As it was at first, for as long as every end may take: whatever was changed, nothing hangs. */
async function end(life: Life): Promise<void> {
  const { plant, judge, folder, host } = life
  life.gateway.stop('asked')
  life.draft = baseDraft()
  life.gateway = startGateway(configOf(life.draft, folder)!, host, plant, tick)
  plant.busy = false
  await life.gateway.live(10_000, plant)
  for (const { state } of life.gateway.machines.values())
    if (state.session !== undefined)
      life.gateway.ask(state.config.id, (command) => ({ kind: 'end', command, by: 'owner' }))
  await life.gateway.live(90_000, plant)
  judge.at = 'at the end'
  look(judge, life.gateway)
  lookSettled(judge, life.gateway)
}
