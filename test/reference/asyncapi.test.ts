/** The description of MQTT for programs: fresh, whole, and of the shape that AsyncAPI 3 wants. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { entryKinds } from '../../gateway/core/ground/entry.ts'
import { ASYNCAPI, asyncApi } from '../../gateway/reference/asyncapi.ts'
import { topicRows } from '../../gateway/reference/payloads.ts'

type Node = { readonly [name: string]: Node } & { readonly $ref?: string }
type Description = Node & {
  readonly channels: Record<string, { readonly address: string; readonly parameters: object }>
  readonly operations: Record<string, { readonly channel: { readonly $ref: string } }>
}

const committed = readFileSync(ASYNCAPI, 'utf8')
const description = JSON.parse(committed) as Description

it('is what this code makes; else run npm run -s generate and look at the change', () => {
  expect(committed).toBe(asyncApi())
})

it('has an operation for each row of the reference, on the channel of its topic', () => {
  const addresses = Object.values(description.operations).map(({ channel }) => {
    const { address, parameters } = at(channel.$ref) as unknown as Description['channels'][string]
    expect([...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(Object.keys(parameters))
    return address.replaceAll(/[{}]/g, '')
  })
  expect(addresses).toEqual(topicRows().map(({ topic }) => topic))
})

it('refers to nothing that it does not hold, and says what each kind of entry carries', () => {
  const places: string[] = []
  JSON.stringify(description, (key, value: unknown) => {
    if (key === '$ref') places.push(value as string)
    return value
  })
  expect(places.filter((place) => at(place) === undefined)).toEqual([])
  expect(entryKinds.filter((kind) => !places.includes(`#/components/schemas/${kind}`))).toEqual([])
})

it('closes no schema, so that a member that comes later ends no reader', () => {
  expect(committed).not.toContain('additionalProperties": false')
})

function at(place: string): Node | undefined {
  return place
    .slice(2)
    .split('/')
    .reduce<Node | undefined>((node, name) => node?.[name], description)
}
