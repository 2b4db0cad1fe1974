/**
 * Archives whose bytes follow from what is put in, and from nothing else: tar (ustar, POSIX 1003.1) and ar, in which a
 * Debian package is. Everything belongs to root and has the same time. Pure. Read next: deb.ts, tree.ts.
 */
import { gzipSync } from 'node:zlib'

export type TreeFile = {
  /** Below the root of the archive, without a slash at either end. */
  readonly path: string
  readonly bytes: Uint8Array
  readonly isExecutable: boolean
}

const BLOCK = 512
const LONGEST_NAME = 100

/** Compressed; `atS` is the time of every file, seconds since 1970. Folders come before what is in them. */
export function tarOf(files: readonly TreeFile[], atS: number): Buffer {
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)))
  const items = [
    ...[...folders].map((path) => ({ path: `${path}/`, bytes: new Uint8Array(), mode: 0o755 })),
    ...files.map(({ path, bytes, isExecutable }) => ({ path, bytes, mode: isExecutable ? 0o755 : 0o644 })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1))
  const parts = items.flatMap(({ path, bytes, mode }) => [header(path, bytes.length, mode, atS), bytes, padding(bytes)])
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]), { level: 6 })
}

/** An ar archive; names of 15 letters at most. */
export function arOf(members: readonly { readonly name: string; readonly bytes: Uint8Array }[], atS: number): Buffer {
  const parts = members.flatMap(({ name, bytes }) => [
    Buffer.from(
      `${name.padEnd(16)}${String(atS).padEnd(12)}0     0     100644  ${String(bytes.length).padEnd(10)}\`\n`,
    ),
    bytes,
    Buffer.alloc(bytes.length % 2, '\n'),
  ])
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts])
}

/** `a/b` and `a` for `a/b/c`. */
function foldersOf(path: string): string[] {
  const names = path.split('/').slice(0, -1)
  return names.map((_, index) => names.slice(0, index + 1).join('/'))
}

function header(path: string, size: number, mode: number, atS: number): Buffer {
  const [prefix, name] = splitPath(`./${path}`)
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  block.write(name, 0)
  block.write(octal(mode, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(size, 11), 124)
  block.write(octal(atS, 11), 136)
  block.write(path.endsWith('/') ? '5' : '0', 156)
  block.write('ustar\x0000root', 257)
  block.write('root', 297)
  block.write(prefix, 345)
  // The sum is taken with spaces where it will stand.
  block.write('        ', 148)
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return block
}

/** A long path is kept in two fields, parted at a slash. */
function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= LONGEST_NAME) return ['', path]
  const at = path.indexOf('/', Math.max(0, path.length - LONGEST_NAME - 1))
  if (at < 0 || at === path.length - 1 || at > 155) throw new Error(`${path} is too long for an archive`)
  return [path.slice(0, at), path.slice(at + 1)]
}

const padding = ({ length }: Uint8Array) => Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK)
