/**
 * How a state looks: a shape, so that colour never says it alone, and a tone. Grey is the rule: a machine that is free
 * or at work asks for nobody (ISA-101); colour is for what somebody has to look at. Pure.
 */
import type { Card } from './wire.ts'

export type Shape = 'ring' | 'disc' | 'half' | 'rising' | 'falling' | 'square' | 'bar' | 'triangle' | 'dashed'

/** `calm`: nothing to do. `notice`: known and planned. `warn`: look at it. `alarm`: now. `unknown`: cannot be seen. */
type Tone = 'calm' | 'notice' | 'warn' | 'alarm' | 'unknown'

const shapes: Readonly<Record<string, Shape>> = {
  Available: 'ring',
  Reserved: 'half',
  Preparing: 'rising',
  InUse: 'disc',
  Finishing: 'falling',
  ToCheck: 'square',
  Blocked: 'bar',
  OutOfOrder: 'triangle',
}

export const shapeOf = (state: string): Shape => shapes[state] ?? 'dashed'

export function toneOf({ state, reason = '' }: { readonly state: string; readonly reason?: string }): Tone {
  if (state === 'OutOfOrder') return 'alarm'
  if (state === 'Unknown') return 'unknown'
  if (reason === 'foreign' || reason === 'inspection-failed' || reason === 'not-commissioned') return 'warn'
  if (state === 'Blocked' || state === 'ToCheck') return 'notice'
  return 'calm'
}

/** The part of a reason that has a word of its own; after a colon stands the signal that it is about. */
export const reasonWord = (reason: string): string => reason.split(':', 1)[0]!
export const reasonSignal = (reason: string): string | undefined =>
  reason.includes(':') ? reason.slice(reason.indexOf(':') + 1) : undefined

/** How the floor is counted; in the order in which it is said. */
export const groups = ['free', 'taken', 'closed', 'broken', 'unknown'] as const
type Group = (typeof groups)[number]

function groupOf({ machine }: Card): Group {
  switch (machine.availability.state) {
    case 'Available':
      return 'free'
    case 'OutOfOrder':
      return 'broken'
    case 'Blocked':
    case 'ToCheck':
      return 'closed'
    case 'Unknown':
      return 'unknown'
    default:
      return 'taken'
  }
}

export function countGroups(cards: readonly Card[]): Readonly<Record<Group, number>> {
  const counts = { free: 0, taken: 0, closed: 0, broken: 0, unknown: 0 }
  for (const card of cards) counts[groupOf(card)] += 1
  return counts
}

/** A booking has begun and nobody has come, ms after its begin; undefined: none is late. */
export function lateMs({ now }: Card, nowMs: number): number | undefined {
  if (now === undefined || now.begun) return undefined
  const ms = nowMs - Date.parse(now.start)
  return ms >= LATE_AFTER_MS ? ms : undefined
}
const LATE_AFTER_MS = 5 * 60_000

const DAY_MS = 86_400_000
/** Its drill has to be repeated within a month. */
export function isDrillDue({ machine: { commissioning } }: Card, nowMs: number): boolean {
  return commissioning?.due !== undefined && Date.parse(commissioning.due) - nowMs < 30 * DAY_MS
}

/** An age is said once it is older than a reading normally is. */
export const AGE_MATTERS_MS = 5_000
