/**
 * One YAML file, and the place of everything in it. Strict YAML 1.2: one document, unique keys, a bounded number of
 * aliases, at most 1 MiB. It knows no schema. Its messages never quote the text of the file, which may hold a secret.
 * Read next: yaml-words.ts, validate.ts (the shape), config/load.ts (which opens files).
 */
import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import type { Fault, FaultCode, NoteCode } from './fault.ts'
import { findHidden } from './hidden.ts'
import { readBounded } from './read-file.ts'
import { yamlFault } from './yaml-words.ts'

const MAX_BYTES = 1_048_576
/** Counted as the `yaml` package does: uses of anchors, times what the anchors hold. */
const MAX_ALIASES = 64

/** Keys and indexes from the root. */
export type Path = readonly (string | number)[]
/** Whether a fault points at the key or at its value. For an absent key it points at the nearest map around it. */
type At = 'key' | 'value'

type Complain = (path: Path, code: FaultCode, message: string, advice: string, at?: At) => void

export type ConfigDocument = {
  /** The name of the file in faults. */
  readonly file: string
  /** As it is written; empty when it could not be read. */
  readonly text: string
  /** Plain data; `undefined` when the file could not be read as YAML. */
  readonly value: unknown
  readonly faults: Fault[]
  readonly notes: Fault[]
  readonly fault: Complain
  note(path: Path, code: NoteCode, message: string, advice: string, at?: At): void
  /** A single value as the file has it, such as `007`, which YAML reads as 7. */
  written(path: Path): string | undefined
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Opens a file. `faults` holds what is wrong with it. */
export function openDocument(path: string, file: string): ConfigDocument {
  const read = readText(path)
  if ('code' in read) return broken(file, read)
  return openText(read.text, file)
}

/** As `openDocument`, of a text that came another way; `file` names it in faults. */
export function openText(text: string, file: string): ConfigDocument {
  const lines = new LineCounter()
  const parsed = parse(text, lines)
  if (parsed === undefined) {
    return broken(file, {
      code: 'yaml-syntax',
      message: 'the file is nested too deeply',
      advice: 'check its indentation',
    })
  }
  const faults: Fault[] = []
  const notes: Fault[] = []
  const place: Place = (offset) => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const locate = (path: Path, at: At) => place(offsetOf(parsed, path, at))
  const fault: Complain = (path, code, message, advice, at = 'value') => {
    faults.push({ ...locate(path, at), code, message, advice })
  }
  const note: ConfigDocument['note'] = (path, code, message, advice, at = 'value') => {
    notes.push({ ...locate(path, at), code, message, advice })
  }
  const written = (path: Path) => {
    const { node } = nodeAt(parsed, path)
    return isScalar(node) ? node.source : undefined
  }
  return { file, text, value: dataOf(parsed, text, faults, place), faults, notes, fault, note, written }
}

/** The place of an offset into the text. */
type Place = (offset: number) => Pick<Fault, 'file' | 'line' | 'column'>

type Words = { readonly code: FaultCode; readonly message: string; readonly advice: string }

function readText(path: string): { text: string } | Words {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readBounded(path, MAX_BYTES)) }
  } catch (error) {
    const cause = error instanceof Error && 'code' in error ? String(error.code) : 'it is not readable'
    if (cause === 'EFBIG') {
      return {
        code: 'file-too-large',
        message: 'the file is longer than 1 MiB',
        advice: 'split the site over several gateways',
      }
    }
    return {
      code: 'file-unreadable',
      message: `the file cannot be read: ${unreadable[cause] ?? cause}`,
      advice: cause === NOT_UTF_8 ? 'save it as UTF-8' : 'check the path and its permissions',
    }
  }
}

const NOT_UTF_8 = 'ERR_ENCODING_INVALID_ENCODED_DATA'

const unreadable: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTFILE: 'it is a device or a pipe, and no file',
  [NOT_UTF_8]: 'it is not UTF-8 text',
}

function broken(file: string, words: Words): ConfigDocument {
  const nothing = () => undefined
  return {
    file,
    text: '',
    value: undefined,
    faults: [{ file, line: 1, column: 1, ...words }],
    notes: [],
    fault: nothing,
    note: nothing,
    written: nothing,
  }
}

function parse(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      stringKeys: true,
      // Its own search takes the square of their number.
      uniqueKeys: false,
      strict: true,
      version: '1.2',
      schema: 'core',
      merge: false,
      logLevel: 'error',
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The plain data of a file, unless it breaks YAML by more than a key that appears twice. */
function dataOf(parsed: Document.Parsed, text: string, faults: Fault[], place: Place): unknown {
  // Later problems are mostly consequences of the first.
  const [fatal] = [...parsed.errors, ...parsed.warnings]
  if (fatal) {
    const { offset, ...words } = yamlFault(fatal.code, fatal.pos[0], text)
    faults.push({ ...place(offset), code: 'yaml-syntax', ...words })
    return undefined
  }
  for (const start of repeatedKeys(parsed)) {
    const { offset, ...words } = yamlFault('DUPLICATE_KEY', start, text)
    faults.push({ ...place(offset), code: 'yaml-duplicate-key', ...words })
  }
  try {
    const value: unknown = parsed.toJS({ maxAliasCount: MAX_ALIASES })
    JSON.stringify(value)
    const hidden = findHidden(value)
    if (hidden === undefined) return value
    faults.push({ ...place(offsetOf(parsed, hidden.path, hidden.at)), code: 'text-hidden', ...HIDDEN[hidden.what] })
    return undefined
  } catch {
    const message = 'an alias (*name) has no anchor (&name) before it, holds itself, or there are too many'
    faults.push({ ...place(aliasAt(parsed)), code: 'yaml-alias', message, advice: 'write the values out' })
    return undefined
  }
}

const HIDDEN = {
  character: {
    message: 'a text here holds a character that cannot be stored, or that hides or turns around what is written',
    advice: 'write it without escapes such as \\x1b, \\u202e or \\ud800',
  },
  space: {
    message: 'this key holds a space or a mark of a text program that YAML does not know as one',
    advice: 'delete what is before the key, and type its spaces and its colon anew',
  },
} as const

/** Where a key stands for the second time in one map. */
function repeatedKeys(parsed: Document.Parsed): number[] {
  const again: number[] = []
  visit(parsed, {
    Map(_, { items }) {
      const seen = new Set<string>()
      for (const { key } of items) {
        const name = keyOf(key)
        if (seen.has(name)) again.push(startOf(key))
        seen.add(name)
      }
    },
  })
  return again
}

const keyOf = (key: unknown) => String(isScalar(key) ? key.value : key)

/** The place of the first alias without an anchor, or else of the first alias. */
function aliasAt(parsed: Document.Parsed): number {
  const aliases: Alias[] = []
  visit(parsed, {
    Alias: (_, node) => {
      aliases.push(node)
    },
  })
  return startOf(aliases.find((alias) => alias.resolve(parsed) === undefined) ?? aliases[0])
}

function offsetOf(parsed: Document.Parsed, path: Path, at: At): number {
  const { key, node } = nodeAt(parsed, path)
  return at === 'value' && node !== undefined && pointsWell(node) ? startOf(node) : startOf(key)
}

/** Without a node when there is none: then the key is that of the nearest map around it. */
function nodeAt(parsed: Document.Parsed, path: Path): { readonly key: unknown; readonly node?: unknown } {
  let node: unknown = parsed.contents
  let key: unknown = parsed.contents
  for (const step of path) {
    const target: unknown = isAlias(node) ? node.resolve(parsed) : node
    if (isMap(target)) {
      const pair = pairsOf(target).get(String(step))
      if (pair === undefined) return { key }
      key = pair.key
      node = pair.value
    } else if (isSeq(target) && target.items[Number(step)] !== undefined) {
      node = target.items[Number(step)]
      key = node
    } else return { key }
  }
  return { key, node }
}

/** By key, the first of each; a map with thousands of faults is searched once. */
function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = pairs.get(map)
  if (known !== undefined) return known
  const made = new Map(map.items.toReversed().map((pair) => [keyOf(pair.key), pair]))
  pairs.set(map, made)
  return made
}

const pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>()

/** Whether a fault is easy to find at the value; an empty value or a block is easier to find at its key. */
function pointsWell(node: unknown): boolean {
  if (isCollection(node)) return node.flow === true
  return !(isScalar(node) && node.value === null && !node.source)
}

function startOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0
}
