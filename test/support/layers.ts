/**
 * Who may import whom, and who may write: the rules that read the order of the folders. It judges sources that it is
 * given and reads no file, so that a test can hand it a broken copy. Read next: layer-rows.ts (the order), source.ts,
 * shrinking.ts; `test/layers.test.ts` runs it.
 */
import { ROWS, type Row } from './layer-rows.ts'
import type { Fault } from './shrinking.ts'
import { type Import, isNode, lineOf, type Node, type Source, walk, withoutComments } from './source.ts'

/** Imports against the order or out of a folder without leave, files without a place, and rows that nobody uses. */
export function againstRows(sources: readonly Source[], rows: readonly Row[] = ROWS): Fault[] {
  const used = new Set<string>()
  const faults = sources.flatMap((source) => {
    const above = rows.filter(({ at }) => isIn(source.file, at)).sort((a, b) => b.at.length - a.at.length)
    const near = above[0]
    if (near === undefined) return [unlisted(`${source.file} has no row: add one`)]
    return [
      ...above.flatMap((row) => placeless(source.file, row, used)),
      ...distinct(source.imports).flatMap((item) => [
        ...beyond(source.file, item, near, used),
        ...above.flatMap((row) => upward(source.file, item, row)),
      ]),
    ]
  })
  const idle = rows.flatMap((row) =>
    [...(row.order ?? []), ...row.outside]
      .filter((name) => !used.has(`${row.at} ${name}`))
      .map((name) => unlisted(`the row of ${row.at} names ${name}, which nobody uses: remove it`)),
  )
  return [...faults, ...idle]
}

/** Circles of files, types included. A fault per file; the files of one circle share its line. */
export function circles(sources: readonly Source[]): Fault[] {
  const known = new Set(sources.map(({ file }) => file))
  const next = new Map(
    sources.map(({ file, imports }) => [
      file,
      [...new Set(imports.map(({ target }) => target))].filter((to) => known.has(to)),
    ]),
  )
  return sources.flatMap(({ file }) => {
    const circle = shortestBack(file, next)
    if (circle === undefined) return []
    const first = circle.indexOf([...circle].sort()[0]!)
    const shown = [...circle.slice(first), ...circle.slice(0, first + 1)]
    return [{ entry: file, line: `circle: ${shown.join(' → ')}: move what they share into a file below them all` }]
  })
}

/**
 * Assignments to the state of a machine, or to what a turn brings about, in any file of the core but `machine/turn.ts`.
 */
export function strangeHands(sources: readonly Source[]): Fault[] {
  return sources
    .filter(({ file }) => isIn(file, 'gateway/core') && file !== HANDS)
    .flatMap(({ file, text, tree }) => {
      const faults: Fault[] = []
      walk(tree(), (node) => {
        const written = writtenBy(node)
        if (written !== undefined && isOfState(written)) {
          const what = text.slice(node.start, node.end).split('\n')[0]
          const line = `${file}:${lineOf(text, node.start)} writes the state (${what}): only ${HANDS} does; call a function there`
          faults.push({ entry: file, line })
        }
        return true
      })
      return faults
    })
}

/** Files of the core that know a clock, a promise or a log. */
export function impure(sources: readonly Source[]): string[] {
  const words =
    /\b(Date\.now|new Date\(\)|process\.|performance\.|setTimeout|setInterval|await\b|async\b|Promise|console\.)/
  return sources
    .filter(({ file }) => isIn(file, 'gateway/core'))
    .flatMap(({ file, text, comments }) => {
      const word = words.exec(withoutComments(text, comments))?.[0]
      return word === undefined ? [] : [`${file} says ${word}: the core is pure; take the value as an argument`]
    })
}

const HANDS = 'gateway/core/machine/turn.ts'
const MUTATORS = ['set', 'delete', 'clear', 'push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill']
const STATE = ['m', 'turn', 'state', 'machine']

export const isIn = (file: string, at: string): boolean => file === at || file.startsWith(`${at}/`)

function placeless(file: string, row: Row, used: Set<string>): Fault[] {
  if (row.order === undefined) return []
  const part = partOf(file, row)
  if (part !== undefined) used.add(`${row.at} ${part}`)
  return part !== undefined ? [] : [unlisted(`${file} has no place in the order of ${row.at}: give it one`)]
}

function upward(file: string, { target }: Import, row: Row): Fault[] {
  const [from, to] = [partOf(file, row), partOf(target, row)]
  if (row.order === undefined || from === undefined || to === undefined) return []
  if (row.order.indexOf(to) <= row.order.indexOf(from)) return []
  const line = `${file} imports ${target}: ${from} stands below ${to} in the order of ${row.at}; move the type down to ${from} or the rule up`
  return [{ entry: `${file} imports ${row.at}/${to}`, line }]
}

function beyond(file: string, item: Import, row: Row, used: Set<string>): Fault[] {
  if (isIn(item.target, row.at)) return []
  const rule = row.outside.find((name) => allows(name, item))
  if (rule !== undefined) used.add(`${row.at} ${rule}`)
  if (rule !== undefined) return []
  const line = `${file} imports ${item.target}: the row of ${row.at} does not allow it; take it as an argument or move the type down`
  return [{ entry: `${file} imports ${item.target}`, line }]
}

/** The longest name of the order that the file lies in. */
function partOf(file: string, row: Row): string | undefined {
  return row.order?.filter((part) => isIn(file, `${row.at}/${part}`)).sort((a, b) => b.length - a.length)[0]
}

function allows(rule: string, { target, typeOnly }: Import): boolean {
  if (rule.startsWith('type:')) return typeOnly && target === rule.slice(5)
  return /[/:-]$/.test(rule) ? target.startsWith(rule) : target === rule
}

/** One import per target and kind, so that a list of ten names is one fault. */
function distinct(imports: readonly Import[]): Import[] {
  const seen = new Map<string, Import>()
  for (const item of imports) if (!(seen.get(item.target)?.typeOnly === false)) seen.set(item.target, item)
  return [...seen.values()]
}

/** The shortest way from a file back to itself, without the last step. */
function shortestBack(file: string, next: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const seen = new Set<string>()
  let ways: string[][] = [[file]]
  while (ways.length > 0) {
    const longer: string[][] = []
    for (const way of ways)
      for (const to of next.get(way.at(-1)!) ?? []) {
        if (to === file) return way
        if (!seen.has(to)) longer.push([...way, to])
        seen.add(to)
      }
    ways = longer
  }
  return undefined
}

/** What a node writes to: the left side of an assignment, or what a method such as `set` or `Object.assign` changes. */
function writtenBy(node: Node): unknown {
  if (node.type === 'AssignmentExpression') return node.left
  if (node.type === 'UpdateExpression') return node.argument
  if (node.type === 'UnaryExpression') return node.operator === 'delete' ? node.argument : undefined
  if (node.type !== 'CallExpression' || !isNode(node.callee) || node.callee.type !== 'MemberExpression')
    return undefined
  const { object, property } = node.callee
  if (!isNode(property)) return undefined
  if (property.name === 'assign')
    return { type: 'MemberExpression', object: (node.arguments as unknown[])[0], property }
  return MUTATORS.includes(String(property.name)) ? object : undefined
}

/**
 * `m.session`, `turn.m.access`, `args.m.row`, `turn.effects`: a path that begins with a state or leads through an `m`.
 */
function isOfState(written: unknown): boolean {
  const names: string[] = []
  let at = written
  while (isNode(at) && at.type !== 'Identifier') {
    if (at.type === 'MemberExpression' && isNode(at.property)) names.unshift(String(at.property.name))
    // `m.row!.blocks` and `(m as Open).row` are of `m`.
    at = at.object ?? at.expression
  }
  if (!isNode(at) || names.length === 0) return false
  return STATE.includes(String(at.name)) || names.slice(0, -1).includes('m')
}

/** A fault that no list can forgive. */
const unlisted = (line: string): Fault => ({ entry: '', line })
