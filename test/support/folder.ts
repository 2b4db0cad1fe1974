/** Folders of a test file. They go after its tests, also where files share a worker: clean.ts sees to it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let folder: string | undefined
let folders = 0

/** A path of its own for each call, gone after the tests of the file; whoever needs it makes the folder. */
export function temporaryFolder(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'latchkey-links-'))
  folders += 1
  return join(folder, String(folders))
}

export function removeFolders(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  folder = undefined
}
