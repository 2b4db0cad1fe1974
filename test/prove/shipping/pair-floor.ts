/**
 * A pair at which something is tried: what each box says of itself, and how people reach it. Read next: pair-faults.ts
 * (what is tried), two-boxes.ts (boxes and cables).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { startLatchkey } from '../../support/gateway.ts'
import { unitMeter } from '../../support/gateway-site.ts'
import { found, type Scope } from '../../support/proof.ts'
import type { Checks, Run } from '../item.ts'
import type { Box, TwoBoxes } from './two-boxes.ts'

export type Floor = {
  readonly scope: Scope
  readonly two: TwoBoxes
  readonly checks: Checks
  readonly say: Run['say']
  active: Box
  spare: Box
}

export const WITHIN_MS = 40_000

type Told = {
  readonly configuration: string
  readonly pair: {
    readonly role: string
    readonly spare?: string
    readonly couldTakeOver?: boolean
    readonly why?: { readonly code: string }
    readonly term: number
  }
}

export async function told({ api }: Box): Promise<Told | undefined> {
  const headers = { authorization: `Bearer ${await api.token()}` }
  const answer = await fetch(`${api.url}/health/ready`, { headers, signal: AbortSignal.timeout(1000) }).catch(
    () => undefined,
  )
  const body = (await answer?.json().catch(() => undefined)) as Told | undefined
  return body?.pair === undefined ? undefined : body
}

export const works = async (box: Box) => (await told(box))?.pair.role === 'active'
export const whyOf = async (box: Box) => (await told(box))?.pair.why?.code
export const tails = ({ boxes }: TwoBoxes) => boxes.map((box) => `${box.name}: ${box.output().slice(-1500)}`).join('\n')

export async function inStep({ active, spare, two }: Floor): Promise<void> {
  await found(
    async () => {
      const [of, from] = [await told(active), await told(spare)]
      return of?.pair.spare === 'follows' && from?.pair.couldTakeOver === true ? true : undefined
    },
    60_000,
    () => `no spare follows: ${tails(two)}`,
  )
  for (const { id } of two.machines) await active.api.untilMachine(id, ({ access }) => access === 'Locked', 30_000)
}

/** The spare says that this keeps it; the active box works on. */
export async function keptBy(floor: Floor, why: string): Promise<void> {
  const { active, spare, checks, two } = floor
  await found(
    async () => ((await whyOf(spare)) === why ? true : undefined),
    WITHIN_MS,
    () => `${why}: ${tails(two)}`,
  )
  checks.check(`${why}: the active box works on`, await works(active))
}

/** The other box is the active one now. */
export async function tookOver(floor: Floor): Promise<void> {
  const { active, spare, two } = floor
  await found(
    async () => ((await works(spare)) ? true : undefined),
    WITHIN_MS,
    () => `nobody takes over: ${tails(two)}`,
  )
  floor.active = spare
  floor.spare = active
}

/** From outside, where both boxes can be reached. */
export async function latchkey({ two }: Floor, ...args: readonly string[]): Promise<number | null> {
  const wrap = ['env', `LATCHKEY_KEY=${two.technician}`]
  const { exited, output } = startLatchkey(args, { wrap })
  const { code } = await exited
  if (code !== 0) throw new Error(`${args[0]} ${args[1]}: ${output()}`)
  return code
}

/** Another name for a machine, on the active box. */
export async function applyName(floor: Floor, name: string): Promise<void> {
  const { active, two } = floor
  const site = parse(readFileSync(active.sitePath, 'utf8')) as { machines: Record<string, object> }
  const { id } = two.machines[0]!
  site.machines[id] = { ...site.machines[id], name: { en: name } }
  const path = active.sitePath.replace('site.yaml', 'next.yaml')
  writeFileSync(path, stringify(site))
  await latchkey(floor, 'apply', path, '--yes', '--gateway', active.api.url)
}

/** As `inStep`, with a machine in use. */
export const inStepOnce = ({ active, spare, two }: Floor) =>
  found(
    async () =>
      (await told(active))?.pair.spare === 'follows' && (await told(spare))?.pair.couldTakeOver === true
        ? true
        : undefined,
    60_000,
    () => `no spare follows: ${tails(two)}`,
  )

export async function countAll({ two, active, checks }: Floor): Promise<void> {
  for (const machine of two.machines) {
    const counted = await found(
      async () => {
        const { producedUnits } = await machine.simulator.judge()
        const meter = await active.api.meter(unitMeter(machine))
        return meter.total === String(producedUnits) && meter.conserved ? true : undefined
      },
      15_000,
      `${machine.id} is not counted`,
    ).catch((error: Error) => error.message)
    checks.check(`${machine.id}: every unit once`, counted === true, counted)
  }
  const entries = await active.api.entries()
  checks.check(
    'the log has no hole',
    entries.every(({ seq }, index) => seq === index),
  )
}
