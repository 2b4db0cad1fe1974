/** What the pages take an answer for is what the gateway describes: each field is there, and is always there if so. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, test } from 'vitest'
import { isNode, type Node, sourceOf, walk } from '../../support/source.ts'

const ROOT = join(import.meta.dirname, '../../../gateway/front')
type Schema = { readonly properties?: object; readonly required?: readonly string[] }
const { components } = JSON.parse(readFileSync(join(ROOT, 'api/openapi.json'), 'utf8')) as {
  components: { schemas: Readonly<Record<string, Schema>> }
}
/** Where the page has another word, because its own is taken. */
const CALLED: Readonly<Record<string, string>> = { Quote: 'Bill', TrendAnswer: 'Trend', DaySpan: 'Span', Span: 'none' }

type Field = { readonly name: string; readonly optional: boolean }

/** The fields of each type that is a list of fields. */
function typesOf(file: string, text: string): ReadonlyMap<string, readonly Field[]> {
  const found = new Map<string, readonly Field[]>()
  walk(sourceOf(file, text).tree(), (node) => {
    if (node.type !== 'TSTypeAliasDeclaration') return true
    const { id, typeAnnotation } = node as unknown as { id: { name: string }; typeAnnotation: Node }
    if (typeAnnotation.type !== 'TSTypeLiteral') return false
    const members = (typeAnnotation.members as readonly Node[]).filter((member) => isNode(member.key))
    found.set(
      id.name,
      members.map(({ key, optional }) => ({ name: (key as { name: string }).name, optional: optional === true })),
    )
    return false
  })
  return found
}

/** What the page takes for granted, and is not so. */
function strange(fields: readonly Field[], { properties = {}, required = [] }: Schema): string[] {
  return fields.flatMap(({ name, optional }) => {
    if (!Object.hasOwn(properties, name)) return [`${name} is not there`]
    return optional || required.includes(name) ? [] : [`${name} may be absent`]
  })
}

const FILES = ['wire.ts', 'wire-upkeep.ts', 'wire-sinks.ts', 'wire-money.ts', 'wire-statement.ts']
const declared = FILES.flatMap((file) => [...typesOf(file, readFileSync(join(ROOT, 'console/model', file), 'utf8'))])
const types = declared.flatMap(([name, fields]) => {
  const schema = components.schemas[CALLED[name] ?? name]
  return schema === undefined ? [] : [[name, fields, schema] as const]
})

test.each(types)('%s is as the gateway describes it', (_, fields, schema) => {
  expect(strange(fields, schema)).toEqual([])
})

it('most types of the pages are described', () => {
  expect(types.length).toBeGreaterThanOrEqual(14)
})

it('a field that is not there, or not always, would be seen', () => {
  const [fields] = typesOf('a.ts', 'type A = { readonly at: string; seq: number; gone?: string }').values()
  expect(strange(fields!, { properties: { at: {}, seq: {} }, required: ['at'] })).toEqual([
    'seq may be absent',
    'gone is not there',
  ])
})
