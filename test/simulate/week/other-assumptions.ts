/** Other figures in place of some assumptions, from a JSON file of the same shape. Read next: assumptions.ts. */
import { readFileSync } from 'node:fs'
import { type Assumptions, assumptions } from './assumptions.ts'

/** A text says what is wrong with the file. */
export function readAssumptions(path: string): Assumptions | string {
  let given: unknown
  try {
    given = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
  try {
    return placed(assumptions, given, '') as Assumptions
  } catch (error) {
    return `${path}: ${(error as Error).message}`
  }
}

/** What is given in the place of what is known; throws what does not fit, by its name. */
function placed(known: unknown, given: unknown, name: string): unknown {
  if (typeof known === 'number') {
    if (typeof given === 'number' && Number.isFinite(given) && given >= 0) return given
    throw new Error(`${name} must be a number that is not below 0`)
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Error(`${name === '' ? 'the file' : name} must be an object`)
  const all = known as Readonly<Record<string, unknown>>
  const merged = { ...all }
  for (const [key, value] of Object.entries(given)) {
    const where = name === '' ? key : `${name}.${key}`
    if (!Object.hasOwn(all, key)) throw new Error(`${where} is not known; there are ${Object.keys(all).join(', ')}`)
    merged[key] = placed(all[key], value, where)
  }
  return merged
}
