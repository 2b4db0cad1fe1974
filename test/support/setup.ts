/** Before all tests: the real servers are installed where that is possible; else it is said why they are missing. */
import { ensurePackages } from './apt.ts'
import { missingPackages } from './real.ts'

export default function setup(): void {
  const { missing, why } = ensurePackages(missingPackages())
  if (missing.length > 0) console.warn(`\n*** not installed: ${missing.join(', ')}; ${why} ***\n`)
}
