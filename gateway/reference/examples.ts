/**
 * One example of each payload, entry and point, as it was emitted in a run: examples.json, which the trials write when
 * they are told to (test/support/described.ts). It is shown in the reference, and nothing rests on it.
 */
import { readFileSync } from 'node:fs'

export type Examples = {
  readonly payloads: Readonly<Record<string, unknown>>
  readonly entries: Readonly<Record<string, unknown>>
  readonly points: Readonly<Record<string, unknown>>
}

export const EXAMPLES = new URL('./examples.json', import.meta.url)

export const examples = (): Examples => JSON.parse(readFileSync(EXAMPLES, 'utf8')) as Examples
