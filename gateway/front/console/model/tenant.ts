/**
 * What a tenant sees at a machine, from who they are, the machine and their session. Nothing here decides who is let
 * in: the gateway does, and says no with a reason. Pure.
 * Read next: pages/tenant.tsx.
 */
import type { Card, Problem, Session, Viewer } from './wire.ts'

export type Stage =
  | { readonly kind: 'sign-in' }
  | { readonly kind: 'other-machine'; readonly machine: string }
  | { readonly kind: 'before'; readonly startMs: number; readonly endMs: number }
  | { readonly kind: 'over' }
  | { readonly kind: 'running' | 'finishing' | 'suspended' | 'ended'; readonly session: Session }

export function stageOf(
  viewer: Viewer | undefined,
  machine: string,
  session: Session | undefined,
  nowMs: number,
): Stage {
  if (session !== undefined && session.machine === machine) {
    const kind = KINDS[session.status]
    if (kind !== undefined) return { kind, session }
  }
  if (viewer?.booking === undefined) return { kind: 'sign-in' }
  const { booking } = viewer
  if (booking.machine !== machine) return { kind: 'other-machine', machine: booking.machine }
  const endMs = Date.parse(booking.end)
  return nowMs >= endMs ? { kind: 'over' } : { kind: 'before', startMs: Date.parse(booking.start), endMs }
}

const KINDS: Readonly<Record<string, 'running' | 'finishing' | 'suspended' | 'ended'>> = {
  open: 'running',
  finishing: 'finishing',
  suspended: 'suspended',
  ended: 'ended',
}

export const steps = ['asked', 'checked', 'written', 'confirmed'] as const

/** How far an unlock is, by what was seen of it: nothing is called done that only ought to be. */
export function stepsDone(seen: {
  readonly access: string
  readonly session: boolean
  readonly confirmed: boolean
}): number {
  if (seen.confirmed) return steps.length
  if (seen.session) return 3
  return seen.access === 'Unlocking' ? 1 : 0
}

/** Whether the machine itself says that its emergency stop is still pressed. */
export const isStopped = ({ machine }: Card): boolean => machine.availability.reason === 'emergency-stop'

/** Whether a refusal is about how the machine is, which its card says in words. */
export const isOfMachine = (problem: Problem | undefined): boolean => OF_MACHINE.has(problem?.code ?? '')
const OF_MACHINE = new Set(['machine-not-ready', 'machine-blocked', 'not-fresh'])
