/** The tables of config/README.md: every option, every code. Pure. Read next: generate.ts, which writes them. */
import type { TSchema } from 'typebox'
import { protocols } from '../../adapters/registry.ts'
import { faultCodes, noteCodes } from '../document/fault.ts'
import { discriminatorOf, isSecret, type Keywords, optionsOf } from '../schema/keywords.ts'
import { profileSchema } from '../schema/profile-schema.ts'
import { siteSchema } from '../schema/site-schema.ts'

type Row = { readonly name: string; readonly type: string; readonly fallback: string; readonly description: string }

/** The tables, by the name of their place in the README. */
export function tables(): Readonly<Record<string, string>> {
  return {
    site: optionsTable(rowsOf(siteSchema as TSchema as Keywords, '', true)),
    devices: Object.entries(protocols)
      .map(([name, { deviceSchema }]) => titled(`Beside \`profile\` and \`link\`, ${name}`, deviceSchema))
      .join('\n\n'),
    profile: optionsTable(rowsOf(profileSchema as TSchema as Keywords, '', true)),
    addresses: Object.entries(protocols)
      .flatMap(([name, { addressSchema, limitsSchema, points }]) => [
        titled(`\`address\`, and the addresses of an interlock, ${name}`, addressSchema),
        ...(points ? [titled(`\`address\` of a point by its name, ${name}`, points.schema)] : []),
        ...(limitsSchema ? [titled(`\`limits\`, ${name}`, limitsSchema)] : []),
      ])
      .join('\n\n'),
    faults: codesTable(faultCodes),
    notes: codesTable(noteCodes),
  }
}

function titled(title: string, schema: TSchema): string {
  return `${title}:\n\n${optionsTable(rowsOf(schema as Keywords, '', true))}`
}

function optionsTable(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ name, type, fallback, description }) => `| \`${name}\` | ${type} | ${fallback} | ${description} |`,
  )
  return ['| option | type | default | what |', '|---|---|---|---|', ...lines].join('\n')
}

function codesTable(codes: Readonly<Record<string, string>>): string {
  return [
    '| code | what |',
    '|---|---|',
    ...Object.entries(codes).map(([code, text]) => `| \`${code}\` | ${cell(text)} |`),
  ].join('\n')
}

/** Depth first, in the order of the schema. */
function rowsOf(rules: Keywords, name: string, isNeeded: boolean): Row[] {
  const own = name === '' ? [] : [rowOf(rules, name, isNeeded)]
  const inside = name === '' ? '' : `${name}.`
  if (rules.properties) {
    return [
      ...own,
      ...Object.entries(rules.properties).flatMap(([key, rule]) => rowsOf(rule, `${inside}${key}`, needs(rules, key))),
    ]
  }
  if (rules.patternProperties)
    return [
      ...own,
      ...Object.values(rules.patternProperties).flatMap((rule) => itemRows(rule, `${inside}<${keyWord(name)}>`)),
    ]
  if (rules.items) return [...own, ...itemRows(rules.items, `${name}[]`)]
  if (rules.anyOf && !optionsOf(rules)) return [...own, ...variantRows(rules.anyOf, name)]
  return own
}

/** An item of a map or list that is a map itself needs no row of its own. */
function itemRows(rules: Keywords, name: string): Row[] {
  const rows = rowsOf(rules, name, true)
  return rules.properties ? rows.slice(1) : rows
}

function variantRows(variants: readonly Keywords[], name: string): Row[] {
  const key = discriminatorOf(variants.filter(({ properties }) => properties !== undefined))
  if (key === undefined) return variants.flatMap((variant) => rowsOf(variant, name, true).slice(1))
  return variants.flatMap((variant) => {
    if (variant.properties === undefined) return []
    const title = `${name} (${String(variant.properties[key]?.const)})`
    return rowsOf(variant, name, true)
      .slice(1)
      .map((row) => ({ ...row, name: row.name.replace(name, title) }))
  })
}

const needs = (rules: Keywords, key: string): boolean => rules.required?.includes(key) === true

function keyWord(name: string): string {
  const words: Record<string, string> = {
    links: 'link',
    machines: 'machine',
    devices: 'alias',
    signals: 'signal',
    meters: 'meter',
    name: 'language',
    owners: 'owner',
  }
  return words[name.split('.').at(-1) ?? ''] ?? 'value'
}

function rowOf(rules: Keywords, name: string, isNeeded: boolean): Row {
  const { default: fallback } = rules
  const isMap = rules.properties !== undefined
  const shown = fallback === undefined || isMap ? (isNeeded ? '**needed**' : '') : `\`${String(fallback)}\``
  return { name, type: typeOf(rules, name), fallback: shown, description: cell(rules.description ?? '') }
}

function typeOf(rules: Keywords, name: string): string {
  const options = optionsOf(rules)
  if (rules.anyOf && !options) return [...new Set(rules.anyOf.map((form) => typeOf(form, name)))].join(' or ')
  if (options) return options.map((option) => `\`${option}\``).join(' ')
  if (rules.shortest !== undefined) return `duration, ${rules.shortest} to ${rules.longest}`
  if (isSecret(name.split('.').at(-1), rules)) return 'secret'
  switch (rules.type) {
    case 'integer':
    case 'number':
      return `${rules.type}${rangeOf(rules)}`
    case 'string':
      return 'text'
    case 'array':
      return 'list'
    case 'boolean':
      return 'true, false'
    default:
      return rules.type === 'object' ? 'map' : 'see below'
  }
}

function rangeOf({ minimum, maximum, exclusiveMinimum }: Keywords): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`
  if (minimum === undefined) return ''
  return maximum === undefined ? ` from ${minimum}` : ` ${minimum}–${maximum}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
