/** The meters of a device resolve to whole numbers: counts, units, rates. Pure. Read next: config/check/meter.ts. */
import canonicalize from 'canonicalize'
import type { MeterConfig, NeededSetting } from '../../gateway/core/ground/config.ts'
import { DEFINED } from '../../gateway/core/ground/definition.ts'
import { titlesOf } from '../../gateway/core/ground/language.ts'
import type { ProfileFile } from '../schema/profile-schema.ts'
import { composedAddress, stepsOf } from './composed.ts'
import { idOf, type Part } from './part.ts'

type MeterFile = NonNullable<ProfileFile['meters']>[string]

export function metersOf(part: Part, isInterlock: boolean): MeterConfig[] {
  return Object.entries(part.profile.meters ?? {}).map(([name, meter]) => {
    const common = {
      id: idOf(part, name),
      machine: part.device.machine,
      ...titlesOf(meter),
      ...definitionOf(part, meter),
      ...needsOf(part, name, meter),
    }
    if (meter.kind === 'duration') return { ...common, kind: 'duration', unit: 'ms', while: meter.while, gating: false }
    const signal = idOf(part, meter.signal)
    const { unit } = meter
    if (meter.kind === 'edges')
      return { ...common, kind: 'edges', signal, unit, perEdge: BigInt(meter.perEdge!), gating: false }
    if (meter.kind === 'integral') {
      const rate = { perNs: PER_NS[meter.per], maxRate: BigInt(meter.maxRate) }
      return { ...common, kind: 'integral', signal, unit, ...rate, gating: false }
    }
    const { type } = (part.profile.signals[meter.signal]!.address ?? {}) as { readonly type?: string }
    return {
      ...common,
      kind: 'register',
      signal,
      unit,
      perCount: BigInt(meter.perCount),
      ...(meter.wrapAt === 'unknown' && { wrapUnknown: true as const }),
      ...(meter.wrapAt !== undefined && meter.wrapAt !== 'unknown' && { wrapAt: BigInt(meter.wrapAt) }),
      maxRate: BigInt(meter.maxRate),
      ...(meter.resolution !== undefined && { resolution: stepsOf(meter.resolution, type, meter.finer) }),
      resets: RESETS[meter.resets],
      ...(meter.identity !== undefined && { identity: idOf(part, meter.identity) }),
      gating: meter.gating ?? isInterlock,
    }
  })
}

/** A counter that is cleared by a write goes to 0 at any time; one of a job does so with uses, or within them. */
const RESETS = {
  never: 'never',
  'to-zero': 'to-zero',
  'by-write': 'to-zero',
  'per-session': 'per-session',
  'per-job': 'per-session',
} as const

function needsOf(part: Part, name: string, meter: MeterFile): { readonly needs?: readonly NeededSetting[] } {
  if (meter.kind === 'duration') return {}
  const needs = (part.profile.settings ?? [])
    .filter(({ meters }) => meters === undefined || meters.includes(name))
    .map(({ signal, what, todo, equals, oneOf = equals === undefined ? undefined : [equals], atLeast, atMost }) => ({
      signal: idOf(part, signal),
      what,
      ...(todo !== undefined && { todo }),
      ...(oneOf !== undefined && { oneOf }),
      ...(atLeast !== undefined && { atLeast }),
      ...(atMost !== undefined && { atMost }),
    }))
  return needs.length === 0 ? {} : { needs }
}

function definitionOf({ device, profile }: Part, meter: MeterFile): { readonly definition: string } {
  const signal = meter.kind === 'duration' ? undefined : profile.signals[meter.signal]!
  const address = signal?.from === undefined ? {} : { address: composedAddress(profile.signals, signal.from) }
  const all: Readonly<Record<string, unknown>> = {
    ...signal,
    ...address,
    ...meter,
    link: device.link,
    device: device.place,
  }
  return { definition: canonicalize([meter.kind, ...DEFINED[meter.kind].map((name) => all[name] ?? null)])! }
}

const PER_NS = { s: 1_000_000_000n, min: 60_000_000_000n, h: 3_600_000_000_000n } as const
