/**
 * How a file may look: how long its comments, functions and itself may be, what its comments may name, what it may export.
 * It judges sources that it is given and reads no file. Read next: source.ts, shrinking.ts; `test/tidy.test.ts` runs it.
 */
import { dirname, join } from 'node:path'
import type { Fault } from './shrinking.ts'
import { isNode, lineOf, type Node, PRODUCT, type Source, walk } from './source.ts'

export const MOST = { columns: 120, functionLines: 70, fileLines: 400 } as const

export function longComments(sources: readonly Source[]): Fault[] {
  return sources.flatMap(({ file, text, comments }) =>
    comments.flatMap(({ start, end }) => {
      const first = lineOf(text, start)
      const before = text.lastIndexOf('\n', start) + 1
      return `${text.slice(before, start)}${text.slice(start, end)}`.split('\n').flatMap((line, at) => {
        if ([...line].length <= MOST.columns) return []
        const where = `${file}:${first + at}`
        return [
          {
            entry: file,
            line: `${where} is a comment line of ${[...line].length} columns: wrap it at ${MOST.columns}`,
          },
        ]
      })
    }),
  )
}

/** `files`: every file of the repository. A name counts from the folder of its file, those above it, gateway/ and core/. */
export function lostNames(sources: readonly Source[], files: ReadonlySet<string>): Fault[] {
  const all = [...files].join('\n')
  const some = (pattern: string) => pattern.replaceAll('.', '\\.').replaceAll('*', '[^/\\n]*')
  const exists = (path: string) => (path.includes('*') ? new RegExp(`^${some(path)}$`, 'm').test(all) : files.has(path))
  return sources.flatMap(({ file, text, comments }) =>
    comments.flatMap(({ value, start }) =>
      [...value.matchAll(/(?<![\w./*@-])(?:[\w.-]+\/)*[\w.*-]+\.(?:ts|md)\b/g)].flatMap(({ 0: name, index }) => {
        if ([...above(dirname(file)), 'gateway', 'gateway/core'].some((folder) => exists(join(folder, name)))) return []
        const where = `${file}:${lineOf(text, start + 2 + index)}`
        return [{ entry: `${file} names ${name}`, line: `${where} names ${name}, which is not there: give its path` }]
      }),
    ),
  )
}

export function longFunctions(sources: readonly Source[]): Fault[] {
  return sources.flatMap(({ file, text, tree }) => {
    if (text.split('\n').length <= MOST.functionLines) return []
    const lines = (node: Node) => text.slice(node.start, node.end).split('\n').length
    const faults: Fault[] = []
    walk(tree(), (node, outer) => {
      // No function within a short piece can be long.
      const long = lines(node)
      if (long <= MOST.functionLines) return false
      if (!FUNCTIONS.includes(node.type)) return true
      const name = nameOf(node, outer)
      if (name === 'describe') return true
      const line = `${file}:${lineOf(text, node.start)} ${name} has ${long} lines: move a part out, at most ${MOST.functionLines}`
      faults.push({ entry: `${file} ${name}`, line })
      return true
    })
    return faults
  })
}

export function longFiles(sources: readonly Source[]): Fault[] {
  return sources.flatMap(({ file, text }) => {
    const lines = text.split('\n').length - 1
    const line = `${file} has ${lines} lines: split it by noun, at most ${MOST.fileLines}`
    return lines > MOST.fileLines ? [{ entry: file, line }] : []
  })
}

/** What a file of the product exports and no other file takes, a test included. */
export function untaken(sources: readonly Source[]): Fault[] {
  const taken = new Set<string>()
  for (const { imports } of sources) for (const { target, name } of imports) taken.add(`${target} ${name ?? '*'}`)
  return sources
    .filter(({ file }) => PRODUCT.some((folder) => file.startsWith(`${folder}/`)))
    .flatMap(({ file, exports }) =>
      exports
        .filter((name) => !taken.has(`${file} ${name}`) && !taken.has(`${file} *`))
        .map((name) => ({
          entry: `${file} ${name}`,
          line: `${file} exports ${name}, which no other file takes: drop the export, or the code`,
        })),
    )
}

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']

/** The folder and those above it, to the root of the repository. */
const above = (folder: string): string[] => (folder === '.' ? ['.'] : [folder, ...above(dirname(folder))])

/** Its own name, else that of the variable, property or call it is handed to. */
function nameOf(node: Node, outer: readonly Node[]): string {
  const holder = outer.at(-1)
  let at = [node.id, holder?.id, holder?.key, holder?.callee].find(isNode)
  // `describe.each(rows)(title, fn)` is of `describe`.
  while (at !== undefined && at.type !== 'Identifier') at = [at.callee, at.object].find(isNode)
  return String(at?.name ?? 'a function')
}
