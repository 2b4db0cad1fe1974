/** The meters of a device resolve to whole numbers: counts, units, rates. Pure. Read next: config/check/meter.ts. */
import canonicalize from 'canonicalize'
import type { MeterConfig, RegisterMeterConfig } from '../../gateway/core/ground/config.ts'
import { idOf, type Part } from './part.ts'

export function metersOf(part: Part, isInterlock: boolean): MeterConfig[] {
  return Object.entries(part.profile.meters ?? {}).map(([name, meter]) => {
    const common = {
      id: idOf(part, name),
      machine: part.device.machine,
      ...(meter.title !== undefined && { title: meter.title }),
    }
    const definition = (...parts: readonly unknown[]) => ({
      definition: canonicalize([meter.kind, ...parts.map((part) => part ?? null)])!,
    })
    if (meter.kind === 'duration')
      return { ...common, ...definition(meter.while), kind: 'duration', unit: 'ms', while: meter.while, gating: false }
    const signal = idOf(part, meter.signal)
    const { unit } = meter
    const address = part.profile.signals[meter.signal]!.address as { readonly type?: string }
    if (meter.kind === 'edges')
      return {
        ...common,
        ...definition(address, unit, meter.perEdge),
        kind: 'edges',
        signal,
        unit,
        perEdge: BigInt(meter.perEdge!),
        gating: false,
      }
    if (meter.kind === 'integral') {
      const rate = { perNs: PER_NS[meter.per], maxRate: BigInt(meter.maxRate) }
      return {
        ...common,
        ...definition(address, unit, meter.per),
        kind: 'integral',
        signal,
        unit,
        ...rate,
        gating: false,
      }
    }
    return {
      ...common,
      ...definition(address, unit, meter.perCount, meter.wrapAt, meter.resolution),
      kind: 'register',
      signal,
      unit,
      perCount: BigInt(meter.perCount),
      ...(meter.wrapAt !== undefined && { wrapAt: BigInt(meter.wrapAt) }),
      maxRate: BigInt(meter.maxRate),
      ...(meter.resolution !== undefined && { resolution: resolutionOf(meter.resolution, address.type) }),
      resets: meter.resets,
      ...(meter.identity !== undefined && { identity: idOf(part, meter.identity) }),
      gating: meter.gating ?? isInterlock,
    }
  })
}

const PER_NS = { s: 1_000_000_000n, min: 60_000_000_000n, h: 3_600_000_000_000n } as const

function resolutionOf(text: string, type: string | undefined): NonNullable<RegisterMeterConfig['resolution']> {
  const [whole, digits = ''] = text.split('.')
  return {
    numerator: BigInt(`${whole}${digits}`),
    denominator: 10n ** BigInt(digits.length),
    bits: type === 'f64' ? 53 : 24,
  }
}
