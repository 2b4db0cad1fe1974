/**
 * The rules of a pair against each other: two boxes, machines and a network that loses, delays and heals at random, in
 * virtual time. What must never be: both may act at once, or one begins without what the other has answered for.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NS_PER_MS } from '../../../gateway/core/ground/moment.ts'
import { beginAs, type Standing, whyWait } from '../../../gateway/core/pair/begin.ts'
import { type Hold, holdStep } from '../../../gateway/core/pair/hold.ts'
import { BASE_TO_MS, HOLD_MS, LOST_MS, PING_MS, SETTLE_MS, TAKE_MS } from '../../../gateway/core/pair/times.ts'
import { type Look, type Watch, watchStep } from '../../../gateway/core/pair/watch.ts'

const ns = (ms: number) => BigInt(ms) * NS_PER_MS

describe('which box begins', () => {
  const active = (term: number, alone = false): Standing => ({ term, role: 'active', alone })
  const spare = (term: number): Standing => ({ term, role: 'spare', alone: false })
  it.each([
    ['a new pair: the first', undefined, true, { now: 'undecided' }, 'active'],
    ['a new pair: the second waits', undefined, false, { now: 'undecided' }, 'wait'],
    ['a new pair waits until both are there', undefined, true, undefined, 'wait'],
    ['the other works', active(1), true, { now: 'active', standing: active(2) }, 'spare'],
    ['it went on alone: nobody else can have', active(3, true), false, undefined, 'active'],
    ['it cannot know whether the other took over', active(3), true, undefined, 'wait'],
    ['a spare alone never begins', spare(3), true, undefined, 'wait'],
    ['its spare is still there', active(3), false, { now: 'spare', standing: spare(3) }, 'active'],
    ['the other took over meanwhile', active(3), true, { now: 'undecided', standing: active(4) }, 'wait'],
    ['both after a power cut', active(3), false, { now: 'undecided', standing: spare(3) }, 'active'],
    ['both after a power cut, the spare', spare(3), true, { now: 'undecided', standing: active(3) }, 'wait'],
    ['an exchanged disk', undefined, true, { now: 'undecided', standing: active(3) }, 'wait'],
    ['left by both', spare(3), true, { now: 'undecided', standing: spare(3) }, 'active'],
    ['another one works that was overtaken', active(4), true, { now: 'active', standing: active(3) }, 'wait'],
  ] as const)('%s', (_, own, isFirst, other, begins) => {
    expect(beginAs(own, isFirst, other)).toBe(begins)
  })
})

describe('why a box waits', () => {
  const active = (term: number): Standing => ({ term, role: 'active', alone: false })
  const spare = (term: number): Standing => ({ term, role: 'spare', alone: false })
  it.each([
    ['nobody answers', active(3), undefined, 'absent'],
    ['both were the active one', active(3), { now: 'undecided', standing: active(3) }, 'both'],
    ['it was the active one later', active(4), { now: 'active', standing: active(3) }, 'later'],
    ['neither was the last', spare(4), { now: 'undecided', standing: spare(3) }, 'apart'],
    ['neither was the last, as the other sees it', spare(3), { now: 'undecided', standing: spare(4) }, 'apart'],
    ['the other is about to begin', spare(3), { now: 'undecided', standing: active(3) }, 'asking'],
    ['a new pair', undefined, { now: 'undecided' }, 'asking'],
  ] as const)('%s', (_, own, other, why) => {
    expect(whyWait(own, other)).toBe(why)
    expect(beginAs(own, false, other)).toBe('wait')
  })
})

describe('times', () => {
  it('the active box stops before the spare may begin, and marks after its first reading', () => {
    expect(HOLD_MS + LOST_MS).toBeLessThan(TAKE_MS)
    expect(BASE_TO_MS).toBeLessThan(SETTLE_MS)
    expect(LOST_MS + SETTLE_MS).toBeLessThan(HOLD_MS)
  })
})

/* ── both together ── */

const STEP_MS = 100
const JUDGES = ['m1', 'm2', 'm3']

type Fault =
  | { readonly kind: 'toSpare' | 'toActive' | 'freezeActive' | 'freezeSpare' | 'killActive'; readonly ms: number }
  | { readonly kind: 'activeSees' | 'spareSees'; readonly machine: number; readonly ms: number }
type Planned = { readonly atMs: number; readonly fault: Fault }

const faults: fc.Arbitrary<Planned> = fc.record({
  atMs: fc.integer({ min: 1000, max: 25_000 }),
  fault: fc.oneof(
    fc.record({
      kind: fc.constantFrom('toSpare', 'toActive', 'freezeActive', 'freezeSpare', 'killActive' as const),
      ms: fc.integer({ min: 100, max: 20_000 }),
    }),
    fc.record({
      kind: fc.constantFrom('activeSees', 'spareSees' as const),
      machine: fc.integer({ min: 0, max: JUDGES.length - 1 }),
      ms: fc.integer({ min: 100, max: 20_000 }),
    }),
  ) as fc.Arbitrary<Fault>,
})

type Ping = { readonly k: number; readonly echo: number | undefined; readonly n: number }

/** What is on the way, and what has happened. */
type World = {
  hold: Hold
  watch: Watch
  readonly seq: Map<string, number>
  readonly toSpare: Ping[]
  readonly toActive: { k: number; n: number }[]
  readonly sent: Map<number, bigint>
  readonly answers: Map<number, bigint>
  k: number
  echo: number | undefined
  /** Changes that the active box made, those that it answered for, and those that the spare has. */
  made: number
  answered: number
  has: number
  taken: number | undefined
  lost: number
  readonly both: number[]
}

type On = (kind: Fault['kind'], ms: number, machine?: number) => boolean

/** A frozen box does nothing, and finds what came meanwhile. */
function live(planned: readonly Planned[], reach: number): World {
  const world: World = {
    hold: { kind: 'paired', told: [{ atNs: 0n, judges: JUDGES }] },
    watch: { kind: 'following', heardNs: 0n, judges: JUDGES, base: [], still: [] },
    seq: new Map(JUDGES.map((id) => [id, 0])),
    ...{ toSpare: [], toActive: [], sent: new Map(), answers: new Map(), both: [] },
    ...{ k: 0, echo: undefined, made: 0, answered: 0, has: 0, taken: undefined, lost: 0 },
  }
  const isOn: On = (kind, ms, machine) =>
    planned.some(
      ({ atMs, fault }) =>
        fault.kind === kind &&
        (!('machine' in fault) || fault.machine === machine) &&
        atMs <= ms &&
        (kind === 'killActive' || ms < atMs + fault.ms),
    )
  for (let ms = STEP_MS; ms < 60_000; ms += STEP_MS) {
    if (!isOn('killActive', ms) && !isOn('freezeActive', ms)) stepActive(world, ms, isOn)
    if (world.taken === undefined && !isOn('freezeSpare', ms)) stepSpare(world, ms, isOn, reach)
  }
  return world
}

/** It makes a change with every step, and answers for it when it may. */
function stepActive(world: World, ms: number, isOn: On): void {
  const now = ns(ms)
  const happen = (event: Parameters<typeof holdStep>[1]) => {
    world.hold = holdStep(world.hold, event, now)
    return world.hold.kind
  }
  happen({ kind: 'tick' })
  for (const answer of world.toActive.splice(0)) {
    if (world.hold.kind !== 'paired') continue
    happen({ kind: 'answered', atNs: world.sent.get(answer.k)! })
    world.echo = answer.k
    world.answered = Math.max(world.answered, answer.n)
  }
  if (world.hold.kind !== 'over') world.made += 1
  if (world.hold.kind === 'paired' && ms % PING_MS === 0) {
    happen({ kind: 'told', told: { atNs: now, judges: JUDGES } })
    world.k += 1
    world.sent.set(world.k, now)
    if (!isOn('toSpare', ms)) world.toSpare.push({ k: world.k, echo: world.echo, n: world.made })
  }
  const isMarkDue = world.hold.kind === 'cut' || (world.hold.kind === 'alone' && ms % 1000 === 0)
  for (const [index, machine] of JUDGES.entries()) {
    if (!isMarkDue || ms % 500 !== 0 || isOn('activeSees', ms, index)) continue
    world.seq.set(machine, world.seq.get(machine)! + 1)
    happen({ kind: 'marked', machine, writtenNs: now })
  }
  if (world.hold.kind === 'alone') world.answered = world.made
  if (world.taken !== undefined && world.hold.kind !== 'over') world.both.push(ms)
}

function stepSpare(world: World, ms: number, isOn: On, reach: number): void {
  const now = ns(ms)
  const happen = (event: Parameters<typeof watchStep>[1]) => {
    world.watch = watchStep(world.watch, event, now)
  }
  for (const { k, echo, n } of world.toSpare.splice(0)) {
    world.has = Math.max(world.has, n)
    const atNs = echo === undefined ? undefined : world.answers.get(echo)
    if (atNs !== undefined) happen({ kind: 'heard', judges: JUDGES, atNs })
    world.answers.set(k, now)
    if (!isOn('toActive', ms)) world.toActive.push({ k, n: world.has })
  }
  for (const [index, machine] of JUDGES.slice(0, reach).entries()) {
    if (ms % 300 !== 0 || isOn('spareSees', ms, index)) continue
    const trace = { bootId: 1, acknowledgedSeq: world.seq.get(machine)!, ownerToken: 0, leaseLeftMs: 0 }
    happen({ kind: 'look', look: { machine, fromNs: now, toNs: now, trace } })
  }
  happen({ kind: 'tick' })
  if (world.watch.kind !== 'due') return
  world.taken = ms
  world.lost = Math.max(0, world.answered - world.has)
}

describe('two boxes, and everything that can go wrong between them', () => {
  it('never both act, and nothing that was answered for is missing', () => {
    let takeOvers = 0
    fc.assert(
      fc.property(fc.array(faults, { maxLength: 6 }), (planned) => {
        const { both, lost, taken } = live(planned, JUDGES.length)
        if (taken !== undefined) takeOvers += 1
        expect({ both: both.slice(0, 3), lost }).toEqual({ both: [], lost: 0 })
      }),
      { numRuns: 400, seed: 15 },
    )
    expect(takeOvers).toBeGreaterThan(20)
  })

  it.each([
    ['killed', { kind: 'killActive', ms: 0 } as const],
    ['held still', { kind: 'freezeActive', ms: 40_000 } as const],
  ])('%s: the spare takes over, in time and not before', (_, fault) => {
    const { taken } = live([{ atMs: 5000, fault }], JUDGES.length)
    expect(taken).toBeGreaterThan(5000 + HOLD_MS)
    expect(taken).toBeLessThan(5000 + 9000)
  })

  it('a cut between the two: the active box goes on, and the spare leaves it alone', () => {
    const cut = (kind: 'toSpare' | 'toActive') => ({ atMs: 5000, fault: { kind, ms: 60_000 } as const })
    expect(live([cut('toSpare'), cut('toActive')], JUDGES.length)).toMatchObject({
      taken: undefined,
      hold: { kind: 'alone' },
    })
  })

  it('too few machines in sight: a person decides', () => {
    expect(live([{ atMs: 5000, fault: { kind: 'killActive', ms: 0 } }], 1).taken).toBeUndefined()
  })
})

describe('signs of life at a machine', () => {
  const following: Watch = { kind: 'following', heardNs: 0n, judges: ['m1'], base: [], still: [] }
  const look = (ms: number, trace: Partial<Look['trace']> = {}): Look => ({
    machine: 'm1',
    fromNs: ns(ms),
    toNs: ns(ms),
    trace: { bootId: 1, acknowledgedSeq: 7, ownerToken: 16, leaseLeftMs: 0, ...trace },
  })
  const watched = (...looks: Look[]) =>
    looks.reduce<Watch>((watch, each) => watchStep(watch, { kind: 'look', look: each }, each.toNs), following)

  it.each([
    ['nothing', {}, {}, 'due'],
    ['a mark', {}, { acknowledgedSeq: 8 }, 'behind'],
    ['another boot, after which it cannot say', {}, { bootId: 2 }, 'behind'],
    ['a heartbeat', { leaseLeftMs: 3000 }, { leaseLeftMs: 4000 }, 'behind'],
    ['a lease that runs out', { leaseLeftMs: 3000 }, {}, 'due'],
  ] as const)('%s', (_, before, then, kind) => {
    expect(watched(look(BASE_TO_MS, before), look(TAKE_MS, then)).kind).toBe(kind)
  })

  it('a machine that was not read in the beginning of the silence says nothing', () => {
    expect(watched(look(BASE_TO_MS + 1), look(TAKE_MS)).kind).toBe('following')
  })
})
