/**
 * The list of what the guards still forgive, `test/shrinking.txt`: one `rule: entry` per line, and it only shrinks. A
 * fault that is not listed fails; so does an entry that no longer has a fault. Read next: layers.ts and tidy.ts, the
 * rules.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `entry` is what the list may hold; `line` is what a reader of the failed test sees. */
export type Fault = { readonly entry: string; readonly line: string }

export const LIST = 'test/shrinking.txt'

export function readList(root: string): string[] {
  return readFileSync(join(root, LIST), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** What is left to say once the list has forgiven what it may: one line per new fault and per entry that is mended. */
export function unforgiven(rule: string, faults: readonly Fault[], list: readonly string[]): string[] {
  const listed = entriesOf(rule, list)
  const present = new Set(faults.map(({ entry }) => entry))
  return [
    ...new Set(faults.filter(({ entry }) => !listed.includes(entry)).map(({ line }) => line)),
    ...listed
      .filter((entry) => !present.has(entry))
      .map((entry) => `"${rule}: ${entry}" is mended: remove it from ${LIST} (node test/support/shrink.ts does)`),
  ]
}

export const entriesOf = (rule: string, list: readonly string[]): string[] =>
  list.filter((line) => line.startsWith(`${rule}: `)).map((line) => line.slice(rule.length + 2))
