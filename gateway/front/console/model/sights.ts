/**
 * The drill as a picture: how long the lock still holds its permission, over the last seconds, with what was written
 * and when the link was away. Pure; it looks at no clock, the newest sight is now. Read next: pages/bench/sights.tsx.
 */
import type { DrillSight } from './wire.ts'

/** What is shown, ms. */
export const SHOWN_MS = 20_000

type Read = DrillSight & { readonly kind: 'read' }
type Mark = { readonly left: number; readonly kind: 'renew' | 'take' | 'refused' }
type Span = { readonly left: number; readonly width: number }

export type Picture = {
  /** Runs of one state, percent of the width. */
  readonly states: readonly (Span & { readonly state: string })[]
  /** Of the lease that is left: corners of a line, percent from the left and from the bottom. */
  readonly lease: readonly (readonly [number, number])[]
  readonly mostMs: number
  readonly writes: readonly Mark[]
  /** While the link was cut. */
  readonly away: readonly Span[]
  readonly last: {
    readonly read: Read | undefined
    readonly write: DrillSight | undefined
    readonly link: 'there' | 'cut' | 'silent'
  }
}

export function pictureOf(sights: readonly DrillSight[]): Picture {
  const nowMs = sights.at(-1)?.atMs ?? 0
  const fromMs = Math.max(0, nowMs - SHOWN_MS)
  const at = (ms: number) => Math.min(100, Math.max(0, ((ms - fromMs) / SHOWN_MS) * 100))
  const shown = sights.filter(({ atMs }) => atMs >= fromMs)
  const reads = shown.filter((sight): sight is Read => sight.kind === 'read')
  const mostMs = Math.max(1, ...reads.map(({ leaseLeftMs = 0 }) => leaseLeftMs))
  return {
    states: runsOf(reads, nowMs).map(({ state, from, to }) => ({ state, left: at(from), width: at(to) - at(from) })),
    lease: reads.map(({ atMs, leaseLeftMs = 0 }) => [at(atMs), (leaseLeftMs / mostMs) * 100] as const),
    mostMs,
    writes: shown.flatMap((sight) => (sight.kind === 'write' ? [{ left: at(sight.atMs), kind: kindOf(sight) }] : [])),
    away: cutsOf(shown, fromMs, nowMs).map(({ from, to }) => ({ left: at(from), width: at(to) - at(from) })),
    last: {
      read: sights.findLast((sight): sight is Read => sight.kind === 'read'),
      write: sights.findLast(({ kind }) => kind === 'write'),
      link: linkNow(sights),
    },
  }
}

function kindOf({ command, result }: DrillSight): Mark['kind'] {
  if (result !== 'accepted') return 'refused'
  return command === 'enable' || command === 'on' ? 'renew' : 'take'
}

/** A state lasts until another one is read. */
function runsOf(reads: readonly Read[], nowMs: number) {
  const runs: { state: string; from: number; to: number }[] = []
  for (const { atMs, state = '' } of reads) {
    const last = runs.at(-1)
    if (last !== undefined) last.to = atMs
    if (last?.state !== state) runs.push({ state, from: atMs, to: nowMs })
    else last.to = nowMs
  }
  return runs
}

function cutsOf(sights: readonly DrillSight[], fromMs: number, nowMs: number) {
  const cuts: { from: number; to: number }[] = []
  for (const { kind, atMs } of sights) {
    if (kind === 'cut') cuts.push({ from: atMs, to: nowMs })
    if (kind !== 'back') continue
    const open = cuts.at(-1)
    if (open === undefined) cuts.push({ from: fromMs, to: atMs })
    else open.to = atMs
  }
  return cuts
}

function linkNow(sights: readonly DrillSight[]): Picture['last']['link'] {
  const last = sights.at(-1)?.kind
  return last === 'cut' || last === 'silent' ? last : 'there'
}
