/** A copy of a log's tree, kept from a server that is trusted in nothing. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { mirror } from '../../../gateway/cli/mirror.ts'
import { signCheckpoint } from '../../../gateway/ledger/evidence/checkpoint.ts'
import { createTree, leafSource } from '../../../gateway/ledger/evidence/merkle.ts'
import {
  encodeTile,
  type HashTile,
  parseTilePath,
  type Tile,
  tilePath,
  tilesBetween,
} from '../../../gateway/ledger/evidence/tile.ts'
import { keyOf, sha256 } from './shop/log.ts'

const ORIGIN = 'log.example/shop'
const { signer, vkey } = keyOf('a log', ORIGIN)
const dir = mkdtempSync(join(tmpdir(), 'latchkey-mirror-'))
const clear = () => {
  for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true })
}
afterAll(() => rmSync(dir, { recursive: true }))
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
  clear()
})

const leavesOf = (size: number, salt = '') =>
  Array.from({ length: size }, (_, index) => sha256(Buffer.from(`${salt}${index}`)))
const isHashTile = (tile: Tile): tile is HashTile => tile.level !== 'entries'

/** A log as static files: its checkpoint, and the tiles a gateway would give. `spoil` changes what one path holds. */
async function serve(leaves: readonly Uint8Array[], spoil?: (path: string, bytes: Uint8Array) => Uint8Array) {
  const tree = createTree(sha256)
  for (const leaf of leaves) tree.append(leaf)
  const note = signCheckpoint({ origin: ORIGIN, size: leaves.length, root: tree.root() }, [{ signer }])
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url!.replace('/v1/ledger/', '')
    asked.push(path)
    if (path === 'checkpoint') return response.end(note)
    const tile = parseTilePath(path)
    if (tile.kind === 'refused' || !isHashTile(tile.value)) return response.writeHead(404).end()
    const bytes = encodeTile(tile.value, leafSource(sha256, leaves))
    response.end(spoil?.(path, bytes) ?? bytes)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, note, asked }
}

const files = () =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(dir, path)).isFile())

describe('a mirror', () => {
  test('holds every tile of the tree, also those above the lowest, as it grows', async () => {
    const leaves = leavesOf(256 * 256 + 300)
    for (const size of [300, leaves.length]) {
      const { url, note } = await serve(leaves.slice(0, size))
      expect(await mirror(url, dir, [vkey])).toMatchObject({ after: size })
      for (const tile of tilesBetween(0, size).filter(isHashTile))
        expect(readFileSync(join(dir, tilePath(tile)))).toEqual(
          Buffer.from(encodeTile(tile, leafSource(sha256, leaves))),
        )
      expect(readFileSync(join(dir, 'checkpoint'), 'utf8')).toBe(note)
    }
    expect(files()).toContain('tile/2/000.p/1')
  })

  test('asks again for nothing that is full', async () => {
    const leaves = leavesOf(600)
    await mirror((await serve(leaves.slice(0, 520))).url, dir, [vkey])
    const { url, asked } = await serve(leaves)
    await mirror(url, dir, [vkey])
    expect(asked).toEqual(['checkpoint', 'tile/0/002.p/88'])
  })

  const refused: [string, (held: Uint8Array[]) => Promise<{ url: string }>, RegExp][] = [
    ['a shorter log', (held) => serve(held.slice(0, 499)), /was cut: it has 499 entries/],
    ['another past', (held) => serve([...held.slice(0, 400), ...leavesOf(109, 'x')]), /another past/],
    [
      'tiles that are not what was signed',
      (held) => serve([...held, ...leavesOf(9, 'y')], (_path, bytes) => bytes.fill(1, bytes.length - 32)),
      /do not make the tree/,
    ],
    [
      'tiles that are too short',
      (held) => serve([...held, ...leavesOf(9, 'y')], (_path, bytes) => bytes.subarray(32)),
      /bytes instead of/,
    ],
  ]
  test.each(refused)('refuses %s, and keeps what it held', async (_name, other, message) => {
    const held = leavesOf(500)
    await mirror((await serve(held)).url, dir, [vkey])
    const before = files().map((path) => [path, readFileSync(join(dir, path), 'hex')])
    await expect(mirror((await other(held)).url, dir, [vkey])).rejects.toThrow(message)
    expect(files().map((path) => [path, readFileSync(join(dir, path), 'hex')])).toEqual(before)
  })

  test('refuses a log signed by somebody else', async () => {
    const { url } = await serve(leavesOf(3))
    await expect(mirror(url, dir, [keyOf('another', ORIGIN).vkey])).rejects.toThrow(/cannot be trusted/)
    expect(files()).toEqual([])
  })
})

test.each(['checkpoint', 'tile/0/000'])('an answer without end for %s is left after its bound', async (endless) => {
  const log = await serve(leavesOf(256))
  let sent = 0
  const server = createServer(async (request, response) => {
    const path = request.url!.replace('/v1/ledger/', '')
    if (path !== endless) return response.end(path === 'checkpoint' ? log.note : undefined)
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536
    }
    response.on('drain', more)
    more()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  await expect(mirror(`http://127.0.0.1:${port}`, dir, [vkey])).rejects.toThrow('larger than it may be')
  expect(sent).toBeLessThan(64 * 2 ** 20)
})
