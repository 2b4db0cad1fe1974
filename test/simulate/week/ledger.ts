/** The entries of a bundle, in order. Whether it is genuine is for `latchkey verify` to say. */
import { readFileSync } from 'node:fs'
import type { Entry, EntryBody } from '../../../gateway/core/ground/entry.ts'

export function entriesOf(path: string): Entry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"at":'))
    .map((line) => entryOf(JSON.parse(line) as EntryBody))
}

function entryOf(body: EntryBody): Entry {
  const { seq, kind, at, machine, session } = body
  return {
    seq,
    kind,
    atMs: Date.parse(at),
    timeNs: '',
    body,
    ...(machine === undefined ? {} : { machine }),
    ...(session === undefined ? {} : { session }),
  }
}
