/** A file read whole, within a bound: never a device, a pipe or a folder, which may have no end. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/** Throws an error with a code, as the file system does: `EFBIG` beyond `most` bytes, `ENOTFILE` if it is no file. */
export function readBounded(path: string, most: number): Buffer {
  // A pipe that nobody writes to would keep an ordinary open waiting.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(file)
    if (stat.isDirectory()) throw withCode('EISDIR')
    if (!stat.isFile()) throw withCode('ENOTFILE')
    if (stat.size > most) throw withCode('EFBIG')
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

const withCode = (code: string) => Object.assign(new Error(code), { code })
