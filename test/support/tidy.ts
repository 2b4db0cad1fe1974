/**
 * How a file may look: how long its comments, functions and itself may be, what its comments may name, what it may
 * export. It judges sources that it is given and reads no file. Read next: source.ts, shrinking.ts; `test/tidy.test.ts`
 * runs it.
 */
import { dirname, join } from 'node:path'
import type { Fault } from './shrinking.ts'
import { isNode, isProduct, lineOf, type Node, type Source, walk } from './source.ts'

/** A document of the repository. */
export type Page = { readonly file: string; readonly text: string }

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

/**
 * A name in a comment counts from the folder of its file, from those above it, and from `gateway/` and `gateway/core/`.
 */
export function lostNames(sources: readonly Source[], files: ReadonlySet<string>): Fault[] {
  return sources.flatMap(({ file, text, comments }) => {
    const folders = [...upFrom(dirname(file)), 'gateway', 'gateway/core']
    const isThere = (name: string) => folders.some((folder) => isAmong(files, join(folder, name)))
    return comments.flatMap(({ value, start }) => lost(file, value, lineOf(text, start), isThere))
  })
}

/** A page names files in its tables, under their folders, so the end of a path is enough. */
export function lostInPages(pages: readonly Page[], files: ReadonlySet<string>): Fault[] {
  const ends = new Set([...files].flatMap((file) => file.split('/').map((_, at, parts) => parts.slice(at).join('/'))))
  return pages.flatMap(({ file, text }) =>
    lost(file, text, 1, (name) => isAmong(ends, name.replace(/^(\.\.?\/)+/, ''))),
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

/** What programs of others take, as `latchkey/client`. */
const PUBLISHED: ReadonlySet<string> = new Set(['gateway/client/client.ts'])

/** What a file of the product exports and no other file takes, a test included. */
export function untaken(sources: readonly Source[]): Fault[] {
  const taken = new Set<string>()
  for (const { imports } of sources) for (const { target, name } of imports) taken.add(`${target} ${name ?? '*'}`)
  return sources
    .filter((source) => isProduct(source) && !PUBLISHED.has(source.file))
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
const upFrom = (folder: string): string[] => (folder === '.' ? ['.'] : [folder, ...upFrom(dirname(folder))])

/** One fault per name of a source or a page in the text that `isThere` denies. */
function lost(file: string, text: string, firstLine: number, isThere: (name: string) => boolean): Fault[] {
  const names = [...text.matchAll(/(?<![\w./*@-])(?:[\w.-]+\/)*[\w.*-]+\.(?:ts|md)\b/g)]
  return names
    .filter(({ 0: name }) => !isThere(name))
    .map(({ 0: name, index }) => ({
      entry: `${file} names ${name}`,
      line: `${file}:${firstLine + lineOf(text, index) - 1} names ${name}, which is not there: give its path`,
    }))
}

/** A `*` stands for any part of a name. */
function isAmong(files: ReadonlySet<string>, path: string): boolean {
  if (!path.includes('*')) return files.has(path)
  const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
  return [...files].some((file) => pattern.test(file))
}

/** Its own name, else that of the variable, property or call it is handed to. */
function nameOf(node: Node, outer: readonly Node[]): string {
  const holder = outer.at(-1)
  let at = [node.id, holder?.id, holder?.key, holder?.callee].find(isNode)
  // `describe.each(rows)(title, fn)` is of `describe`.
  while (at !== undefined && at.type !== 'Identifier') at = [at.callee, at.object].find(isNode)
  return String(at?.name ?? 'a function')
}
