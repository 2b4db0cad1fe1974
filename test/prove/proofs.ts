/** The proofs there are, by name. Read next: main.ts, which runs one; release.ts, which runs all. */
import type { Proof } from './item.ts'

export const proofs: Readonly<Record<string, () => Promise<Proof>>> = {
  'first-light': async () => (await import('./first-light.ts')).firstLight,
  access: async () => (await import('./access.ts')).access,
  field: async () => (await import('./field.ts')).field,
  'use-and-money': async () => (await import('./use-and-money.ts')).useAndMoney,
  console: async () => (await import('./console.ts')).console_,
  speed: async () => (await import('./speed.ts')).speed,
  shipping: async () => (await import('./shipping.ts')).shipping,
  'platform-side': async () => (await import('./platform-side.ts')).platformSide,
  'machine-side': async () => (await import('./machine-side.ts')).machineSide,
  'metering-evidence': async () => (await import('./metering-evidence.ts')).meteringEvidence,
}
