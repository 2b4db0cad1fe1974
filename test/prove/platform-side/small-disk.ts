/** A disk of its own, of a few MiB, that can be filled up and freed again. It needs the right to mount. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope } from '../../support/proof.ts'

type SmallDisk = { readonly path: string; fill(): void; free(): void }

/** Undefined where nothing may be mounted. */
export function mountSmall(scope: Scope, mebibytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-disk-'))
  scope.defer(() => rmSync(path, { recursive: true, force: true }))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  scope.defer(() => void execFileSync('umount', ['-l', path]))
  const filler = join(path, 'filler')
  return {
    path,
    fill() {
      const file = openSync(filler, 'w')
      const block = Buffer.alloc(65_536)
      try {
        for (let written = 0; written < mebibytes * 2 ** 20; ) written += writeSync(file, block)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(filler, { force: true }),
  }
}
