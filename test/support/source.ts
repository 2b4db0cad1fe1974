/**
 * The sources as the guards of `test/layers.test.ts` and `test/tidy.test.ts` see them: text, imports, exports,
 * comments, syntax tree. It parses and never judges. A test breaks a copy with `sourceOf`. Read next: layers.ts and
 * tidy.ts here.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { parseSync } from 'vite'

/**
 * `target` is a path from the root of the repository, or the name of a package. No `name` means all that it exports.
 */
export type Import = { readonly target: string; readonly name?: string; readonly typeOnly: boolean }

export type Node = { readonly type: string; readonly start: number; readonly end: number } & Record<string, unknown>

export type Source = {
  readonly file: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly exports: readonly string[]
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[]
  /** Costs far more than the rest, so it is made only when it is asked for. */
  readonly tree: () => Node
}

export const PRODUCT = ['gateway', 'adapters', 'config', 'simulators'] as const

export const isProduct = ({ file }: { readonly file: string }): boolean =>
  PRODUCT.some((folder) => file.startsWith(`${folder}/`))

export function readSources(root: string, folders: readonly string[] = PRODUCT): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      // What a compiler has written is no source.
      .filter((name) => /(?<!\.d)\.tsx?$/.test(name))
      .map((name) => join(folder, name))
      .sort()
      .map((file) => sourceOf(file, readFileSync(join(root, file), 'utf8'))),
  )
}

export function sourceOf(file: string, text: string): Source {
  const parsed = parseSync(file, text)
  if (parsed.errors.length > 0) throw new Error(`${file} cannot be parsed: ${parsed.errors[0]?.message}`)
  const { staticImports, staticExports } = parsed.module
  const into = (name: string) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name)
  const exported = staticExports.flatMap((item) => item.entries)
  return {
    file,
    text,
    imports: [
      ...staticImports.flatMap(({ entries, moduleRequest: { value } }) =>
        entries.length === 0
          ? [{ target: into(value), typeOnly: false }]
          : entries.map((entry) => importOf(into(value), entry.importName.name, entry.isType)),
      ),
      ...exported.flatMap((entry) =>
        entry.moduleRequest === null
          ? []
          : [importOf(into(entry.moduleRequest.value), entry.importName.name, entry.isType)],
      ),
      // Both `await import('x')` and the type `import('x').Name`: the parser lists the first alone.
      ...[...withoutComments(text, parsed.comments).matchAll(/\bimport\('([^']+)'\)(?:\.(\w+))?/g)].map((match) =>
        importOf(into(match[1]!), match[2], match[2] !== undefined),
      ),
    ],
    exports: exported.flatMap(({ exportName: { name } }) => (name === null ? [] : [name])),
    comments: parsed.comments,
    tree: () => parsed.program as unknown as Node,
  }
}

/** Visits the nodes below; a node for which `enter` returns false is not looked into. */
export function walk(node: Node, enter: (node: Node, above: readonly Node[]) => boolean, above: Node[] = []): void {
  if (!enter(node, above)) return
  above.push(node)
  for (const value of Object.values(node))
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) walk(item, enter, above)
  above.pop()
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

export const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length

/** The text with each comment blanked, so that every other character keeps its place. */
export function withoutComments(text: string, comments: Source['comments']): string {
  let rest = text
  for (const { start, end } of comments)
    rest = rest.slice(0, start) + rest.slice(start, end).replace(/[^\n]/g, ' ') + rest.slice(end)
  return rest
}

function importOf(target: string, name: string | null | undefined, typeOnly: boolean): Import {
  return { target, typeOnly, ...(typeof name === 'string' ? { name } : {}) }
}
