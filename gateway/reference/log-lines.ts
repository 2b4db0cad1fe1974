/**
 * Every line that the gateway can log, as it stands in the sources: level, text, members. What is only known when it
 * runs is `…`. It reads the sources and runs nothing. Read next: generate.ts.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'

export type LogLine = {
  readonly level: string
  readonly text: string
  readonly members: readonly string[]
  /** From the root of the repository. */
  readonly file: string
}

const FOLDERS = ['gateway', 'adapters']
const LEVELS = ['fatal', 'error', 'warn', 'info']

type Node = { readonly type: string } & Record<string, unknown>

export function logLines(root: string): LogLine[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name))
      .sort(),
  ).flatMap((file) => linesIn(file, readFileSync(join(root, file), 'utf8')))
}

/** The calls of a log in one source. */
export function linesIn(file: string, source: string): LogLine[] {
  const lines: LogLine[] = []
  visit(parseSync(file, source).program as unknown as Node, (node) => {
    const level = levelOf(node)
    const given = (node.arguments ?? []) as Node[]
    const said = given.at(-1)
    if (level === undefined || said === undefined) return
    lines.push({ level, text: textOf(said), members: given.length > 1 ? membersOf(given[0]!) : [], file })
  })
  return lines.filter(({ text }) => text !== '…')
}

/** `log.warn(…)`, `loop.log.warn(…)`, `request.log.warn(…)`. */
function levelOf({ type, callee }: Node): string | undefined {
  if (type !== 'CallExpression' || !isNode(callee) || callee.type !== 'MemberExpression') return undefined
  const { object, property } = callee as unknown as { object: Node; property: Node }
  const of = String(object.type === 'MemberExpression' ? (object.property as Node).name : object.name)
  return of === 'log' && LEVELS.includes(String(property.name)) ? String(property.name) : undefined
}

function textOf(node: Node): string {
  if (node.type === 'Literal') return String(node.value)
  if (node.type === 'TemplateLiteral')
    return (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('…')
  return '…'
}

function membersOf(node: Node): string[] {
  if (node.type !== 'ObjectExpression') return []
  return (node.properties as Node[]).map((item) =>
    item.type === 'SpreadElement' ? '…' : String((item.key as Node).name),
  )
}

function visit(node: Node, enter: (node: Node) => void): void {
  enter(node)
  for (const value of Object.values(node))
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) visit(item, enter)
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
