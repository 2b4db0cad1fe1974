/** How a device wants to be asked, for a signal or for its interlock. Pure. Read next: adapters/modbus/plan.ts. */
import type { ProfileFile } from '../schema/profile-schema.ts'

export function limitsOf({ limits }: ProfileFile, signal?: string): { readonly limits?: unknown } {
  if (limits === undefined) return {}
  const { alone = [], ...rest } = limits as { readonly alone?: readonly (string | undefined)[] }
  return { limits: alone.includes(signal) ? { ...rest, alone: true } : rest }
}
