/**
 * The schemas of the site and the profile as editors want them: defaults are optional, addresses follow the protocol of
 * the profile, our own keywords are gone. JSON Schema draft 7, which the YAML extension of VS Code knows best. Pure.
 * Read next: generate.ts, which writes them.
 */
import type { TSchema } from 'typebox'
import { protocols } from '../../adapters/registry.ts'
import { ID } from '../schema/field.ts'
import { isSecret, type Keywords } from '../schema/keywords.ts'
import { profileSchema } from '../schema/profile-schema.ts'
import { siteSchema } from '../schema/site-schema.ts'

type Json = Record<string, unknown>

const DRAFT = 'http://json-schema.org/draft-07/schema#'

export function siteJsonSchema(): Json {
  const devices = Object.values(protocols).map((entry) => (entry.deviceSchema as TSchema as Keywords).properties ?? {})
  const places = Object.assign({}, ...devices) as Record<string, Keywords>
  const schema = publish(siteSchema as TSchema as Keywords, undefined, (key, rules) =>
    key !== undefined && rules.type === undefined && Object.hasOwn(places, key)
      ? { ...publish(places[key] ?? {}), description: rules.description }
      : undefined,
  )
  return { $schema: DRAFT, ...schema }
}

const INTERLOCK_ADDRESSES = ['toPlc', 'fromPlc', 'output', 'readBack', 'feedback', 'time', 'bootId'] as const

/** The adapter of the profile's protocol defines what an address is. */
export function profileJsonSchema(): Json {
  const allOf = Object.entries(protocols).map(([protocol, entry]) => {
    const address = publish(entry.addressSchema as TSchema as Keywords)
    const point = entry.points && publish(entry.points.schema as TSchema as Keywords)
    return {
      if: { properties: { protocol: { const: protocol } }, required: ['protocol'] },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
      then: {
        properties: {
          ...(entry.limitsSchema ? { limits: publish(entry.limitsSchema as TSchema as Keywords) } : { limits: false }),
          signals: { additionalProperties: { properties: { address: point ? { anyOf: [address, point] } : address } } },
          interlock: {
            properties: {
              ...Object.fromEntries(INTERLOCK_ADDRESSES.map((key) => [key, address])),
              settings: { items: { properties: { address } } },
            },
          },
        },
      },
    }
  })
  return {
    $schema: DRAFT,
    title: 'Latchkey profile',
    if: { required: ['family'] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: family,
    else: { ...publish(profileSchema as TSchema as Keywords), allOf },
  }
}

/** The parts of a family are profiles only once they are put together. */
const family: Json = {
  type: 'object',
  description: 'Profiles of one family: the keys of a profile that they have in common, and what differs.',
  required: ['family', 'variants'],
  properties: {
    family: { type: 'string', pattern: ID, description: 'Name; the file is <name>.yaml.' },
    variants: {
      type: 'object',
      description:
        'What differs, by the name of each profile; it is laid over the common keys, map by map, and null takes a key away.',
      minProperties: 1,
      propertyNames: { pattern: ID },
      additionalProperties: { type: ['object', 'null'] },
    },
  },
}

type Replace = (key: string | undefined, rules: Keywords) => Json | undefined

function publish(rules: Keywords, key?: string, replace: Replace = () => undefined): Json {
  const replaced = replace(key, rules)
  if (replaced) return replaced
  const { shortest, longest, secret, properties, patternProperties, anyOf, items, required, ...rest } = rules
  const result: Json = { ...rest }
  if (isSecret(key, rules)) Object.assign(result, { pattern: '^\\$\\{env:[A-Za-z_][A-Za-z0-9_]*\\}$' })
  if (rules.description !== undefined) result.description = describe(rules)
  const literals = anyOf?.map((variant) => variant.const)
  if (literals?.every((literal) => literal !== undefined)) result.enum = literals
  else if (anyOf) result.anyOf = anyOf.map((variant) => publish(variant, undefined, replace))
  if (items) result.items = publish(items, undefined, replace)
  if (properties) {
    result.properties = mapValues(properties, (rule, name) => publish(rule, name, replace))
    const needed = required?.filter((name) => properties[name]?.default === undefined) ?? []
    if (needed.length > 0) result.required = needed
  }
  if (patternProperties) Object.assign(result, recordOf(patternProperties, replace))
  return result
}

/** `additionalProperties` with `propertyNames` shows keys that are not allowed; a bare pattern would let them pass. */
function recordOf(patternProperties: Readonly<Record<string, Keywords>>, replace: Replace): Json {
  const [[pattern, rule] = ['', {}]] = Object.entries(patternProperties)
  return { propertyNames: { pattern }, additionalProperties: publish(rule, undefined, replace) }
}

function describe(rules: Keywords): string {
  const { description = '', shortest, longest } = rules
  return shortest === undefined ? description : `${description} ${shortest} to ${longest}.`
}

function mapValues(map: Readonly<Record<string, Keywords>>, change: (rule: Keywords, key: string) => Json): Json {
  return Object.fromEntries(Object.entries(map).map(([key, rule]) => [key, change(rule, key)]))
}
