/**
 * Asks gateways over HTTP: what their machines are and do, and when each may be booked. A wish is kept until it is
 * fulfilled; a gateway that does not answer is asked again, ever more slowly. It never asks one gateway two things at a
 * time.
 * Read next: following.ts, which wishes; read.ts (what an answer means).
 */
import type { AboutFact, StateFact } from './fact.ts'
import { readCalendar, readMachines } from './read.ts'

export type Address = Readonly<{ site: string; gateway: number; url: string }>

/** Machines whose plan is wanted, or everything. */
type Wish = Set<string> | 'all'
type Asked = {
  readonly address: Address
  wish: Wish | undefined
  isAsked: boolean
  notBeforeMs: number
  failures: number
}

type Deps = Readonly<{
  /** Gateways at a time. */
  lanes: number
  nowMs: () => number
  authorization: () => Promise<string | undefined>
  onMachines: (facts: readonly (AboutFact | StateFact)[], askedMs: number) => void
  /** The newest event that is known of a machine before its plan is asked for. */
  seqOf: (site: string, machine: string) => number
  onPlan: (site: string, machine: string, plan: { seq: number; free: string }, askedMs: number) => void
}>

type Desk = {
  readonly deps: Deps
  readonly gateways: Map<Address, Asked>
  answers: number
  failures: number
  running: number
  isClosed: boolean
}

const ANSWER_MS = 5_000
const FIRST_RETRY_MS = 500
const MOST_RETRY_MS = 30_000

export function startAsking(deps: Deps) {
  const desk: Desk = { deps, gateways: new Map(), answers: 0, failures: 0, running: 0, isClosed: false }
  const timer = setInterval(() => next(desk), FIRST_RETRY_MS)
  return {
    all(address: Address): void {
      // It was just heard of: what it did not answer before says nothing now.
      Object.assign(askedOf(desk, address), { wish: 'all', notBeforeMs: 0, failures: 0 } satisfies Partial<Asked>)
      next(desk)
    },
    plan(address: Address, machine: string): void {
      const asked = askedOf(desk, address)
      asked.wish = join(asked.wish, new Set([machine]))
      next(desk)
    },
    /** Requests that were answered, and gateways that are still to be asked. */
    counts: () => ({
      answers: desk.answers,
      failures: desk.failures,
      waiting: [...desk.gateways.values()].filter(({ wish, isAsked }) => isAsked || wish !== undefined).length,
    }),
    close(): void {
      desk.isClosed = true
      clearInterval(timer)
    },
  }
}

function askedOf({ gateways }: Desk, address: Address): Asked {
  const known = gateways.get(address)
  if (known !== undefined) return known
  const asked: Asked = { address, wish: undefined, isAsked: false, notBeforeMs: 0, failures: 0 }
  gateways.set(address, asked)
  return asked
}

function next(desk: Desk): void {
  const { gateways, deps } = desk
  for (const asked of gateways.values()) {
    if (desk.running >= deps.lanes || desk.isClosed) return
    if (asked.isAsked || asked.wish === undefined || asked.notBeforeMs > deps.nowMs()) continue
    asked.isAsked = true
    desk.running += 1
    void ask(desk, asked).finally(() => {
      asked.isAsked = false
      desk.running -= 1
      next(desk)
    })
  }
}

async function ask(desk: Desk, asked: Asked): Promise<void> {
  const { deps } = desk
  const { address, wish } = asked
  asked.wish = undefined
  let left: Wish = wish ?? new Set()
  try {
    left = new Set(left === 'all' ? await machinesOf(desk, address) : left)
    for (const machine of left) {
      const [seq, askedMs] = [deps.seqOf(address.site, machine), deps.nowMs()]
      const free = readCalendar(await get(desk, address, `machines/${machine}/calendar`))
      if (free === undefined) throw new Error('no calendar')
      deps.onPlan(address.site, machine, { seq, free }, askedMs)
      left.delete(machine)
    }
    asked.failures = 0
  } catch {
    desk.failures += 1
    asked.wish = join(asked.wish, left)
    // Those who failed together do not come back together.
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** asked.failures, MOST_RETRY_MS) * (0.5 + Math.random())
    asked.failures += 1
    asked.notBeforeMs = deps.nowMs() + waitMs
  }
}

async function machinesOf(desk: Desk, address: Address): Promise<string[]> {
  const askedMs = desk.deps.nowMs()
  const facts = readMachines(address.site, address.gateway, await get(desk, address, 'machines'))
  if (facts === undefined) throw new Error('no list of machines')
  desk.deps.onMachines(facts, askedMs)
  return facts.flatMap((fact) => (fact.fact === 'about' ? [fact.machine] : []))
}

async function get(desk: Desk, address: Address, path: string): Promise<unknown> {
  const authorization = await desk.deps.authorization()
  const response = await fetch(`${address.url}/v1/${path}`, {
    ...(authorization === undefined ? {} : { headers: { authorization } }),
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}`)
  desk.answers += 1
  return JSON.parse(text)
}

function join(one: Wish | undefined, other: Wish): Wish {
  if (one === 'all' || other === 'all') return 'all'
  return new Set([...(one ?? []), ...other])
}
