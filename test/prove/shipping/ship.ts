/** A commit as `npm run ship` hands it over: a clone of this checkout, and what is made in it. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Scope } from '../../support/proof.ts'

export const ROOT = resolve(import.meta.dirname, '..', '..', '..')

type Shipped = {
  readonly folder: string
  readonly sums: string
  readonly version: string
  /** Name of what is for a processor, without its ending. */
  base(arch: string): string
}

/** Of what is committed. Its libraries are those of this checkout, as links to the same files. */
export function cloneCheckout(scope: Scope): string {
  const folder = mkdtempSync(join(scope.folder, 'checkout-'))
  execFileSync('git', ['clone', '--quiet', '--shared', ROOT, folder])
  execFileSync('cp', ['-al', join(ROOT, 'node_modules'), join(folder, 'node_modules')])
  return folder
}

/** `before`: a command that runs it. What else is proved goes on meanwhile. */
export async function shipped(
  checkout: string,
  folder: string,
  flags: readonly string[],
  before: readonly string[] = [],
): Promise<Shipped> {
  const [command, ...args] = [...before, process.execPath, 'gateway/ship/ship.ts', '--out', folder, ...flags]
  const { stdout: sums } = await promisify(execFile)(command!, args, { cwd: checkout })
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string }
  return { folder, sums, version, base: (arch) => `latchkey-${version}-linux-${arch}` }
}
