/**
 * The unit that an OPC UA server says, beside the one that the profile says: a profile that takes kWh for Wh is found
 * before a tenant is billed by it. Pure. Read next: adapters/opcua/units.ts, probe.ts.
 */
import { factorBetween } from '../../core/drill/acceptance.ts'
import type { SignalConfig } from '../../core/ground/config.ts'

/** What is written in more than one way (OPC UA Part 8, 5.6.3, takes the texts of UNECE Recommendation 20). */
const SAME: Readonly<Record<string, string>> = {
  degC: '°C',
  C: '°C',
  sec: 's',
  pieces: 'pcs',
  piece: 'pcs',
  '1': 'pcs',
}
const plain = (unit: string) => SAME[unit.trim()] ?? unit.trim()

/** What is wrong, in words; undefined: nothing, or nobody can say. */
export function unitFault(
  said: string,
  { unit, scale, offset }: Pick<SignalConfig, 'unit' | 'scale' | 'offset'>,
): string | undefined {
  if (unit === undefined || said.trim() === '' || offset !== 0) return undefined
  const factor = factorBetween(plain(said), plain(unit))
  if (factor === undefined) return `the server says ${said.trim()}, the profile ${unit}`
  if (Math.abs(factor / scale - 1) < 1e-9) return undefined
  return `the server says ${said.trim()}: its scale in ${unit} is ${factor}, and the profile has ${scale}`
}
