/**
 * Before all tests: the gateway is built, and the real servers are installed where that is possible; else it is said
 * why they are missing.
 */
import { ensurePackages } from './apt.ts'
import { buildForTests } from './built.ts'
import { missingPackages } from './real.ts'

export default async function setup(): Promise<() => void> {
  const { missing, why } = ensurePackages(missingPackages())
  if (missing.length > 0) console.warn(`\n*** not installed: ${missing.join(', ')}; ${why} ***\n`)
  return buildForTests()
}
