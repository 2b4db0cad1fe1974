/** A file that the site names, read from beside the site file. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ConfigDocument, Path } from '../document/document.ts'
import type { FaultCode } from '../document/fault.ts'

/** The text of the file; `undefined`, and a fault with `code`, when it cannot be read. `folder`: that of the site. */
export function readBeside(
  document: ConfigDocument,
  name: string,
  path: Path,
  folder: string,
  code: FaultCode,
): string | undefined {
  try {
    return readFileSync(resolve(folder, name), 'utf8')
  } catch {
    document.fault(
      path,
      code,
      `the file ${name} cannot be read`,
      `put it there: paths count from the folder of the site file, ${folder}`,
    )
    return undefined
  }
}
