/**
 * The gateway as an image starts it, built anew for each run of tests or proofs: it starts in less than half the time
 * of the sources, and nobody tests what was built of older ones. The demo starts the sources.
 * Read next: gateway.ts, ../../gateway/build.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
/** Told to the processes of this run in their environment. */
const BUILT_FILE = 'LATCHKEY_BUILT_FOR_TESTS'

/** What `node` is given to be `latchkey`: what was built for this run, else the sources. */
export function gatewayFile(): string {
  return process.env[BUILT_FILE] ?? join(ROOT, 'gateway', 'latchkey.js')
}

/** For this process and all that it starts; what comes back removes it. A second call of one run does nothing. */
export async function buildForTests(): Promise<() => void> {
  if (process.env[BUILT_FILE] !== undefined) return () => undefined
  const { buildGateway } = await import('../../gateway/build.ts')
  // Where it finds the packages.
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.built-'))
  await buildGateway(folder)
  process.env[BUILT_FILE] = join(folder, 'latchkey.js')
  return () => rmSync(folder, { recursive: true, force: true })
}
