/** The configuration without its secrets, for printing and for its identity. Pure. */
import type { TSchema } from 'typebox'
import { isRecord } from '../document/document.ts'
import { isSecret, type Keywords } from '../schema/keywords.ts'
import { siteSchema } from '../schema/site-schema.ts'
import type { SiteConfig } from '../site.ts'

/** Plain JSON values: secrets are `***`, big integers are decimal text. */
export function redact(site: SiteConfig): Record<string, unknown> {
  return redactValue(site) as Record<string, unknown>
}

/** As `redact`, of any part of a site or profile. */
export function redactValue(value: unknown, key?: string): unknown {
  if (key !== undefined && secretKeys.has(key)) {
    if (typeof value === 'string') return '***'
    if (Array.isArray(value)) return value.map(() => '***')
  }
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, redactValue(item, name)]))
}

/** Every key that some schema calls a secret, and what `secret` and `oldSecret` of a webhook become. */
const secretKeys: ReadonlySet<string> = new Set([...secretsIn(siteSchema as TSchema as Keywords), 'secrets'])

function secretsIn(rules: Keywords, key?: string): string[] {
  const below = [
    ...Object.entries(rules.properties ?? {}),
    ...Object.values(rules.patternProperties ?? {}).map((rule) => [undefined, rule] as const),
    ...(rules.anyOf ?? []).map((rule) => [undefined, rule] as const),
    ...(rules.items ? [[undefined, rules.items] as const] : []),
  ]
  return [
    ...(key !== undefined && isSecret(key, rules) ? [key] : []),
    ...below.flatMap(([name, rule]) => secretsIn(rule, name)),
  ]
}
