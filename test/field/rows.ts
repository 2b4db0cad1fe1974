/**
 * The table of README.md beside this file, read by programs: which tests hold which row of ROWS.md. It judges the table
 * alone and runs nothing. Read next: test/prove/field/rows.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const ROOT = new URL('../..', import.meta.url).pathname
const FOLDER = import.meta.dirname

export type Row = {
  /** As ROWS.md has it. */
  readonly id: string
  /** What of it this line is about; empty for the whole. */
  readonly part: string
  readonly tests: readonly NamedTests[]
  /** Programs, cases and documents. */
  readonly files: readonly string[]
  /** The later issue it is left to, or why it is left out. */
  readonly left?: string
  /** The row by whose tests it is held. */
  readonly as?: string
}

export type NamedTests = {
  readonly file: string
  /** Of tests, or of groups of tests; none: the whole file. */
  readonly names: readonly string[]
}

export type Further = Pick<Row, 'tests' | 'files'> & { readonly kind: string; readonly input: string }

export const readIds = (): string[] => cellsOf('ROWS.md').map(([id]) => id!)

export const readRows = (): Row[] => cellsOf('README.md').map(([name, held]) => rowOf(name!, held!))

export const readFurther = (): Further[] =>
  cellsOf('FURTHER.md').map(([kind, input, _found, _shown, held]) => ({
    kind: kind!,
    input: input!,
    ...holdersOf(held!),
  }))

/** What is wrong with the table, in words. */
export function tableFaults(ids: readonly string[], rows: readonly Row[]): string[] {
  const known = new Set(ids)
  const held = new Set(rows.map(({ id }) => id))
  const places = rows.map(({ id }) => ids.indexOf(id))
  const lines = rows.map(({ id, part }) => `${id} (${part})`)
  return [
    ...ids.filter((id) => !held.has(id)).map((id) => `${id}: nothing holds it, and it is left to nobody`),
    ...rows.filter(({ id }) => !known.has(id)).map(({ id }) => `${id}: not in ROWS.md`),
    ...lines.filter((line, index) => lines.indexOf(line) < index).map((line) => `${line}: twice`),
    ...rows.flatMap(({ id }, index) => (places[index]! < (places[index - 1] ?? 0) ? [`${id}: not in its order`] : [])),
    ...rows.flatMap((row) => rowFaults(row, held)),
  ]
}

function rowFaults(row: Row, held: ReadonlySet<string>): string[] {
  const { id, left, as } = row
  if (as !== undefined) return held.has(as) ? [] : [`${id}: as ${as}, which there is not`]
  return left === undefined ? holderFaults(id, row) : []
}

/** Whether what is to hold something is there at all. */
export function holderFaults(id: string, { tests, files }: Pick<Row, 'tests' | 'files'>): string[] {
  const missing = [...tests.map(({ file }) => file), ...files].filter((file) => !existsSync(join(ROOT, file)))
  const unnamed = tests.flatMap(({ file, names }) =>
    missing.includes(file) ? [] : names.filter((name) => !isIn(name, sourcesOf(file))),
  )
  return [
    ...missing.map((file) => `${id}: there is no ${file}`),
    ...unnamed.map((name) => `${id}: no test is called "${name}"`),
    ...(tests.length + files.length === 0 ? [`${id}: nothing holds it`] : []),
  ]
}

/** Is `name` the name of a test with this full title? Its pieces stand there in their order. */
export function isCalled(name: string, title: string): boolean {
  let from = 0
  for (const piece of piecesOf(name)) {
    const at = title.indexOf(piece, from)
    if (at < 0) return false
    from = at + piece.length
  }
  return true
}

/** Whether a source can hold a test of this name: its pieces stand there, those of a row on either side of a colon. */
function isIn(name: string, source: string): boolean {
  const text = source.replaceAll("\\'", "'")
  const pieces = piecesOf(name)
  return [pieces, pieces.flatMap((piece) => piece.split(': '))].some((list) =>
    list.every((piece) => text.includes(piece)),
  )
}

/** A file of tests, and the rows that it takes from files beside it. */
function sourcesOf(file: string): string {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const beside = [...text.matchAll(/from '\.\/(.*?)'/g)].map(([, name]) => join(ROOT, dirname(file), name!))
  return [text, ...beside.map((path) => readFileSync(path, 'utf8'))].join('\n')
}

const piecesOf = (name: string) => name.split(/\s*(?:…|%[sdij])\s*/).filter((piece) => piece !== '')

function rowOf(name: string, held: string): Row {
  const [, id, part = ''] = /^(.*?)(?: \((.*)\))?$/.exec(name)!
  const [, left] = /^left (?:to \*(.+?)\*|out: .+)/.exec(held) ?? []
  const [, as] = /^as ([\w ]+)$/.exec(held) ?? []
  return {
    ...{ id: id!, part, ...holdersOf(held) },
    ...(held.startsWith('left ') ? { left: left ?? 'nobody' } : {}),
    ...(as === undefined ? {} : { as }),
  }
}

function holdersOf(held: string): Pick<Row, 'tests' | 'files'> {
  const tests: { file: string; names: string[] }[] = []
  const files: string[] = []
  for (const [, code, quoted] of held.matchAll(/`([^`]+)`|"([^"]+)"/g)) {
    if (quoted !== undefined) tests.at(-1)?.names.push(quoted)
    else if (code!.endsWith('.test.ts')) tests.push({ file: code!, names: [] })
    else if (isPath(code!)) files.push(code!.replace(/^node /, ''))
  }
  return { tests, files }
}

const isPath = (code: string) => /^(node )?(test|gateway|config|simulators)\/\S+$|^\S*\.(md|npmrc)$/.test(code)

/** The cells of a table, without its head. */
function cellsOf(file: string): string[][] {
  return readFileSync(join(FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) => line.replace(/^\| | \|$/g, '').split(' | '))
}
