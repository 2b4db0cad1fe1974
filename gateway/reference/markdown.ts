/** Tables of the reference, as Markdown. Pure. Read next: generate.ts (which puts them together). */
import type { TSchema } from 'typebox'
import type { Words } from './words.ts'

/** What a schema says of itself. */
type Rules = {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Rules[]
  readonly items?: Rules
  readonly properties?: Readonly<Record<string, Rules>>
  readonly required?: readonly string[]
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

export const wordsTable = (words: Words) =>
  table(
    ['word', 'means'],
    Object.entries(words).map(([word, means]) => [code(word), means]),
  )

/** A row per member; members of members stand behind a dot, of the items of a list behind `[]`. */
export function membersTable(schema: TSchema): string {
  const rows = rowsOf(schema as Rules, '')
  return rows.length === 0 ? 'No members.' : table(['member', 'type', 'what'], rows)
}

export const code = (text: string) => `\`${text}\``

function rowsOf({ properties = {}, required = [] }: Rules, before: string): string[][] {
  return Object.entries(properties).flatMap(([name, rules]) => {
    const own = `${before}${name}`
    const said = required.includes(name) ? code(own) : `${code(own)}°`
    return [[said, typeOf(rules), rules.description ?? ''], ...inside(rules, own)]
  })
}

/** The members of an object, or of the objects of a list, which the reference does not show elsewhere. */
function inside(rules: Rules, name: string): string[][] {
  const [of, behind] = rules.items === undefined ? [rules, '.'] : [rules.items, '[].']
  return of.properties === undefined || of.title !== undefined ? [] : rowsOf(of, `${name}${behind}`)
}

function typeOf(rules: Rules): string {
  const { title, type, items, anyOf } = rules
  if (rules.const !== undefined) return code(String(rules.const))
  if (rules.enum !== undefined)
    return title === undefined || title === '' ? rules.enum.map((word) => code(String(word))).join(' ') : linkTo(title)
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ')
  if (items !== undefined) return `list of ${items.properties === undefined ? typeOf(items) : objectOf(items)}`
  if (rules.properties !== undefined) return objectOf(rules)
  if (type === 'string') return title ?? 'text'
  return type === 'number' ? 'number' : type === 'integer' ? 'integer' : (type ?? 'any')
}

const objectOf = ({ title }: Rules) => (title === undefined ? 'object' : linkTo(title))

const linkTo = (title: string) => `[${title}](#${title.toLowerCase()})`

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
