/** How a device wants to be asked, for a signal or for its interlock. Pure. Read next: adapters/modbus/plan.ts. */
import type { ProfileFile } from '../schema/profile-schema.ts'
import { partNames } from './composed.ts'

export function limitsOf({ limits, signals }: ProfileFile, signal?: string): { readonly limits?: unknown } {
  const together = signal === undefined ? undefined : togetherIn(signals, signal)
  if (limits === undefined && together === undefined) return {}
  const { alone = [], ...rest } = (limits ?? {}) as { readonly alone?: readonly (string | undefined)[] }
  return {
    limits: { ...rest, ...(alone.includes(signal) && { alone: true }), ...(together !== undefined && { together }) },
  }
}

/** The composed signal that wants its parts from one request, where this is one of them. */
function togetherIn(signals: ProfileFile['signals'], name: string): string | undefined {
  return Object.keys(signals).find((key) => {
    const { from } = signals[key]!
    return from?.instant === 'request' && partNames(from).includes(name)
  })
}
