/**
 * The files of a ring on disk. Blocks are appended to the newest one; a file whose blocks are all done is deleted, and
 * one that was begun by another run is never written again, however it ends. What cannot be read is passed over.
 * Read next: kept.ts (the only caller), block.ts.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { LivePoint } from '../../../live/point.ts'
import { type Batch, SAMPLE_BYTES } from '../../../live/sample.ts'
import type { SinkLog } from '../sink.ts'
import { type BlockHeader, decodeBlock, HEADER_BYTES, readHeader } from './block.ts'
import type { Drops } from './drops.ts'

export type KeptOptions = {
  readonly folder: string
  /** While the gateway runs it only grows. */
  readonly points: readonly LivePoint[]
  /** Samples. Their texts may have as many bytes as the samples. */
  readonly most: number
  readonly maxAgeMs: number
  /** Bytes that stay free on the disk. */
  readonly diskReserve: number
  readonly drops: Drops
  readonly log: Pick<SinkLog, 'warn'>
}

export type Block = Omit<BlockHeader, 'bytes'> & {
  readonly segment: Segment
  readonly offset: number
  readonly bytes: number
  /** Samples from its start that are delivered or dropped. */
  skip: number
}

type Segment = {
  readonly number: number
  readonly path: string
  readonly points: readonly LivePoint[]
  bytes: number
  /** That are not done. */
  blocks: number
}

export type Segments = {
  /** Throws when the disk does not take it, or would be left with less than its reserve. */
  append(block: Uint8Array<ArrayBuffer>): Block
  /** Undefined when it is not what was written. */
  read(block: Block): Batch | undefined
  /** Delivered or dropped as a whole. */
  done(block: Block): void
  /** Writes down that everything before `next` is done; without one, everything is. */
  save(next: Block | undefined): void
  close(next: Block | undefined): void
}

/** A file is full at an eighth of what the ring holds, and not before this, bytes. */
const LEAST_SEGMENT = 1_048_576
const SEGMENTS = 8
/** Between two looks at the free space, ms. */
const LOOK_MS = 1000
const NAME = /^(\d{10})-([0-9a-f]{16})\.samples$/
const POSITION = 'position.json'

type Position = { readonly segment: number; readonly offset: number; readonly skip: number }

type State = KeptOptions & {
  /** The list of points as text, and the name of its file. */
  list: List
  /** Bytes of a file at which the next one begins. */
  readonly fullAt: number
  nextNumber: number
  /** The file that is written. */
  current: { readonly segment: Segment; readonly fd: number } | undefined
  lookDueMs: number
}

type List = { readonly text: string; readonly name: string; readonly points: number }

export function openSegments(options: KeptOptions): { readonly segments: Segments; readonly blocks: Block[] } {
  const { blocks, nextNumber } = found(options)
  const state: State = {
    ...options,
    list: listOf(options),
    fullAt: Math.max(LEAST_SEGMENT, (options.most * SAMPLE_BYTES) / SEGMENTS),
    nextNumber,
    current: undefined,
    lookDueMs: 0,
  }
  return {
    blocks,
    segments: {
      append: (bytes) => append(state, bytes),
      read: ({ segment, offset, bytes }) => decodeBlock(readAt(segment.path, offset, bytes)),
      done({ segment }) {
        segment.blocks -= 1
        if (segment.blocks > 0) return
        if (segment === state.current?.segment) end(state)
        rmSync(segment.path, { force: true })
      },
      save: (next) => save(state, next),
      close(next) {
        end(state)
        save(state, next)
      },
    },
  }
}

function listOf({ points }: KeptOptions): List {
  const text = JSON.stringify(points)
  return { text, name: nameOf(text), points: points.length }
}

const nameOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

function append(state: State, bytes: Uint8Array<ArrayBuffer>): Block {
  if (state.current !== undefined && state.current.segment.bytes >= state.fullAt) end(state)
  if (state.points.length > state.list.points) {
    end(state)
    state.list = listOf(state)
  }
  state.current ??= begin(state)
  requireRoom(state)
  const { segment, fd } = state.current
  if (writeSync(fd, bytes) < bytes.length) {
    end(state) // a part of a block: nothing is written behind it
    throw new Error('the disk is full')
  }
  const block: Block = { ...readHeader(bytes)!, segment, offset: segment.bytes, skip: 0 }
  segment.bytes += bytes.length
  segment.blocks += 1
  return block
}

function begin(state: State): NonNullable<State['current']> {
  const { folder, list, points } = state
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${list.name}.json`)
  if (!existsSync(path)) writeFileSync(path, list.text, { mode: 0o600 })
  const number = state.nextNumber
  const segment = { number, path: join(folder, fileOf(number, list.name)), points, bytes: 0, blocks: 0 }
  const fd = openSync(segment.path, 'ax', 0o600)
  state.nextNumber += 1
  return { segment, fd }
}

const fileOf = (number: number, list: string): string => `${String(number).padStart(10, '0')}-${list}.samples`

function end(state: State): void {
  if (state.current !== undefined) closeSync(state.current.fd)
  state.current = undefined
}

function requireRoom(state: State): void {
  const { folder, diskReserve, lookDueMs } = state
  if (performance.now() < lookDueMs) return
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize < diskReserve) throw new Error(`less than ${diskReserve} bytes are free`)
  state.lookDueMs = performance.now() + LOOK_MS
}

function save({ folder, nextNumber }: State, next: Block | undefined): void {
  if (!existsSync(folder)) return
  const position: Position =
    next === undefined
      ? { segment: nextNumber, offset: 0, skip: 0 }
      : { segment: next.segment.number, offset: next.offset, skip: next.skip }
  const path = join(folder, POSITION)
  writeFileSync(`${path}.new`, JSON.stringify(position), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/* ── what an earlier run left ── */

function found(options: KeptOptions): { readonly blocks: Block[]; readonly nextNumber: number } {
  const { folder, log } = options
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const files = readdirSync(folder).sort()
    const position = readPosition(folder)
    const lists = new Map<string, readonly LivePoint[] | undefined>()
    const blocks: Block[] = []
    let nextNumber = position.segment
    for (const file of files) {
      const [, digits, name] = NAME.exec(file) ?? []
      if (digits === undefined || name === undefined) continue
      const number = Number(digits)
      nextNumber = Math.max(nextNumber, number + 1)
      if (!lists.has(name)) lists.set(name, readPoints(folder, name))
      const ofFile = number < position.segment ? [] : scan(join(folder, file), number, lists.get(name), options)
      const left = ofFile.filter(({ offset }) => number > position.segment || offset >= position.offset)
      for (const block of left)
        if (number === position.segment && block.offset === position.offset)
          block.skip = Math.min(block.count - 1, position.skip)
      for (const block of left) block.segment.blocks += 1
      if (left.length === 0) rmSync(join(folder, file), { force: true })
      blocks.push(...left)
    }
    dropLists(folder, files, blocks)
    return { blocks, nextNumber }
  } catch (cause) {
    log.warn({ err: cause, folder }, 'samples that were kept on disk cannot be read; they are left where they are')
    return { blocks: [], nextNumber: Math.floor(Date.now() / 1000) }
  }
}

/** The blocks of a file, up to the first that is torn; what is behind it is counted as far as its length tells. */
function scan(
  path: string,
  number: number,
  points: readonly LivePoint[] | undefined,
  { drops }: KeptOptions,
): readonly Block[] {
  const fd = openSync(path, 'r')
  try {
    const { size } = fstatSync(fd)
    const segment: Segment = { number, path, points: points ?? [], bytes: size, blocks: 0 }
    const blocks: Block[] = []
    let offset = 0
    while (points !== undefined && offset < size) {
      const header = new Uint8Array(HEADER_BYTES)
      readSync(fd, header, 0, HEADER_BYTES, offset)
      const found = readHeader(header)
      if (found === undefined || offset + found.bytes > size) break
      blocks.push({ ...found, segment, offset, skip: 0 })
      offset += found.bytes
    }
    if (offset < size) drops.add('unreadable', undefined, Math.ceil((size - offset) / SAMPLE_BYTES))
    return blocks
  } finally {
    closeSync(fd)
  }
}

/** Without one that can be read everything that is there is delivered, some of it again. */
function readPosition(folder: string): Position {
  try {
    const { segment, offset, skip } = JSON.parse(readFileSync(join(folder, POSITION), 'utf8')) as Position
    if ([segment, offset, skip].every((number) => Number.isSafeInteger(number) && number >= 0))
      return { segment, offset, skip }
  } catch {
    // None yet, or none that can be read.
  }
  return { segment: 0, offset: 0, skip: 0 }
}

function readPoints(folder: string, name: string): readonly LivePoint[] | undefined {
  try {
    const text = readFileSync(join(folder, `${name}.json`), 'utf8')
    // The name says what was written.
    if (nameOf(text) !== name) return undefined
    return JSON.parse(text) as readonly LivePoint[]
  } catch {
    return undefined
  }
}

/** Lists that no file needs any more. */
function dropLists(folder: string, files: readonly string[], blocks: readonly Block[]): void {
  const needed = new Set(blocks.map(({ segment }) => NAME.exec(basename(segment.path))?.[2]))
  for (const file of files) {
    const [, name] = /^([0-9a-f]{16})\.json$/.exec(file) ?? []
    if (name !== undefined && !needed.has(name)) rmSync(join(folder, file), { force: true })
  }
}

function readAt(path: string, offset: number, bytes: number): Uint8Array<ArrayBuffer> {
  const fd = openSync(path, 'r')
  try {
    const block = new Uint8Array(bytes)
    const read = readSync(fd, block, 0, bytes, offset)
    return block.subarray(0, read)
  } finally {
    closeSync(fd)
  }
}
