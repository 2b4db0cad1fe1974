/**
 * Files as one stream in pieces, and back: each file is a line of JSON with its path and size, and then its bytes.
 * Read next: vault.ts (what seals the pieces), backup.ts, restore.ts.
 */
import { closeSync, mkdirSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { GatewayError } from '../../core/ground/failure.ts'
import { PIECE } from './vault.ts'

type Piece = { readonly index: number; readonly isLast: boolean; readonly bytes: Buffer }

/** The last piece may be empty. */
export function* piecesOf(folder: string, files: readonly string[]): Generator<Piece> {
  let held: Buffer = Buffer.alloc(0)
  let index = 0
  for (const bytes of bytesOf(folder, files)) {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
    for (; held.length > PIECE; held = held.subarray(PIECE))
      yield { index: index++, isLast: false, bytes: held.subarray(0, PIECE) }
  }
  yield { index, isLast: true, bytes: held }
}

function* bytesOf(folder: string, files: readonly string[]): Generator<Buffer> {
  for (const path of files) {
    const { size } = statSync(join(folder, path))
    yield Buffer.from(`${JSON.stringify({ path, size })}\n`)
    const file = openSync(join(folder, path), 'r')
    try {
      for (let at = 0; at < size; ) {
        const bytes = Buffer.alloc(Math.min(PIECE, size - at))
        const read = readSync(file, bytes, 0, bytes.length, at)
        if (read === 0) throw new GatewayError('config', 'backup', `${path} became shorter while it was read`)
        at += read
        yield bytes.subarray(0, read)
      }
    } finally {
      closeSync(file)
    }
  }
}

/** Gets a file of the stream, a part at a time. */
export type Taker = (path: string) => { write(bytes: Uint8Array): void; close(): void }

/** Below a folder, where they must not be yet. */
export const toFolder =
  (folder: string): Taker =>
  (path) => {
    const to = join(folder, path)
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
    const file = openSync(to, 'wx', 0o600)
    return { write: (bytes) => void writeSync(file, bytes), close: () => closeSync(file) }
  }

/** Those that are wanted, as text; the others are passed over. */
export const toMemory =
  (isWanted: (path: string) => boolean, found: Map<string, string>): Taker =>
  (path) => {
    const parts: Uint8Array[] = []
    return {
      write: (bytes) => void (isWanted(path) && parts.push(Uint8Array.from(bytes))),
      close: () => void (isWanted(path) && found.set(path, Buffer.concat(parts).toString('utf8'))),
    }
  }

/** Takes the stream piece by piece; throws at what is none. */
export function createUnpacker(taker: Taker): { take(bytes: Buffer): void; end(): void } {
  let held: Buffer = Buffer.alloc(0)
  let open: (ReturnType<Taker> & { left: number }) | undefined

  function takeHead(): boolean {
    const end = held.indexOf('\n')
    if (end < 0) return false
    const { path, size } = headOf(held.subarray(0, end).toString('utf8'))
    held = held.subarray(end + 1)
    open = { ...taker(path), left: size }
    return true
  }

  function takeBytes(file: NonNullable<typeof open>): void {
    const part = held.subarray(0, file.left)
    if (part.length > 0) file.write(part)
    held = held.subarray(part.length)
    file.left -= part.length
    if (file.left > 0) return
    file.close()
    open = undefined
  }

  return {
    take(bytes) {
      held = Buffer.concat([held, bytes])
      do if (open !== undefined) takeBytes(open)
      while (open === undefined && takeHead())
    },
    end() {
      if (open !== undefined || held.length > 0) throw new GatewayError('config', 'restore', 'the backup ends too soon')
    },
  }
}

/** A path that leads out of the folder is none of ours. */
function headOf(line: string): { readonly path: string; readonly size: number } {
  const { path, size } = JSON.parse(line) as { path: string; size: number }
  if (typeof path === 'string' && Number.isSafeInteger(size) && path === normalize(path) && !/^(?:\/|\.\.)/.test(path))
    return { path, size }
  throw new GatewayError('config', 'restore', `the backup has a file that cannot be: ${line.slice(0, 200)}`)
}
