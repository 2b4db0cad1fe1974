/**
 * A file may hold one profile, or a family: what its variants have in common, and what differs in each. A variant is
 * the base with its own keys laid over it, map by map (RFC 7396): `null` takes a key away. What is said of a variant is
 * said where it is written, in the variant or in the base. Pure. Read next: document.ts, config/catalogue.ts.
 */
import { type ConfigDocument, isRecord, type Path } from './document.ts'

/** The keys of a file that holds a family, beside those of a profile. */
export const FAMILY = 'family'
export const VARIANTS = 'variants'

/** The profiles of a file, by name; `name`: that of the file. */
export function profilesIn(document: ConfigDocument, name: string): ReadonlyMap<string, ConfigDocument> {
  const { value } = document
  if (!isRecord(value) || !Object.hasOwn(value, FAMILY)) return new Map([[name, document]])
  const { [FAMILY]: family, [VARIANTS]: variants, ...base } = value
  if (family !== name)
    document.fault([FAMILY], 'profile-name', `the family is not named as its file, ${name}.yaml`, 'make both the same')
  if (!isRecord(variants) || Object.keys(variants).length === 0) {
    const advice = 'write the name of each profile, and below it what differs from the base'
    document.fault([VARIANTS], 'variants-none', 'the family has no variants', advice, 'key')
    return new Map()
  }
  return new Map(
    Object.entries(variants).map(([variant, own]) => [
      variant,
      { ...placed(document, variant, own), value: { profile: variant, ...(laidOver(base, own ?? {}) as object) } },
    ]),
  )
}

function laidOver(base: unknown, own: unknown): unknown {
  if (!isRecord(own)) return own
  const result: Record<string, unknown> = isRecord(base) ? { ...base } : {}
  for (const [key, value] of Object.entries(own)) {
    if (value === null) delete result[key]
    else result[key] = laidOver(result[key], value)
  }
  return result
}

/** Complains in the variant where it has as much of the path as the base has, else in the base. */
function placed(document: ConfigDocument, variant: string, own: unknown): ConfigDocument {
  const at = (path: Path): Path => {
    if (path[0] === 'profile') return [VARIANTS, variant]
    const inVariant = depthOf(own, path)
    const isIts = path.length === 0 || (inVariant > 0 && inVariant >= depthOf(document.value, path))
    return isIts ? [VARIANTS, variant, ...path] : path
  }
  return {
    ...document,
    fault: (path, ...more) => document.fault(at(path), ...more),
    note: (path, ...more) => document.note(at(path), ...more),
    written: (path) => document.written(at(path)),
  }
}

/** How many steps of a path are there. */
function depthOf(value: unknown, path: Path): number {
  let found = value
  for (const [depth, step] of path.entries()) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return depth
    found = (found as Readonly<Record<string | number, unknown>>)[step]
  }
  return path.length
}
