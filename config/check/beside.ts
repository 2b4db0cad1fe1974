/** A file that the site names, read from beside the site file. */
import { resolve } from 'node:path'
import type { ConfigDocument, Path } from '../document/document.ts'
import type { FaultCode } from '../document/fault.ts'
import { readBounded } from '../document/read-file.ts'

/** Of a certificate, a key, or a key set with the certificates of each key. */
const MAX_BYTES = 1_048_576

/** The text of the file; `undefined`, and a fault with `code`, when it cannot be read. `folder`: that of the site. */
export function readBeside(
  document: ConfigDocument,
  name: string,
  path: Path,
  folder: string,
  code: FaultCode,
): string | undefined {
  try {
    return readBounded(resolve(folder, name), MAX_BYTES).toString('utf8')
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
