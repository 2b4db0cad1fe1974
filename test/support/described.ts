/**
 * Holds what the gateway emitted against the reference: each entry, MQTT message and point of a trial. With
 * `LATCHKEY_EXAMPLES=write` the first of each kind, where gateway/reference/examples.json has none, is put there.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Entry, EntryDraft, EntryKind, JsonObject } from '../../gateway/core/ground/entry.ts'
import { lineProtocol } from '../../gateway/front/sinks/line-protocol.ts'
import { entryPoints, type InfluxPoint, samplePoints } from '../../gateway/front/sinks/points.ts'
import { fromUtf8 } from '../../gateway/ledger/evidence/canonical.ts'
import { createReader } from '../../gateway/ledger/store/reader.ts'
import { sealEntry } from '../../gateway/ledger/store/sealed-entry.ts'
import { entries } from '../../gateway/reference/entries.ts'
import { EXAMPLES, type Examples, examples } from '../../gateway/reference/examples.ts'
import { type PayloadName, payloads } from '../../gateway/reference/payloads.ts'
import { strangeIn } from '../../gateway/reference/points.ts'

const isRecording = process.env.LATCHKEY_EXAMPLES === 'write'

type Check = (value: unknown) => string | undefined
const checks = new Map<TSchema, Check>()

/** What is wrong with a value, in short. */
export function faultIn(schema: TSchema, value: unknown): string | undefined {
  let check = checks.get(schema)
  if (check === undefined) {
    const compiled = Compile(schema)
    check = (given) =>
      compiled.Check(given)
        ? undefined
        : compiled
            .Errors(given)
            .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
            .join('; ')
    checks.set(schema, check)
  }
  return check(value)
}

/** An entry of a life in virtual time. */
export function holdDraft(draft: EntryDraft): void {
  holdEntry(draft.kind, draft.data)
  if (isRecording) keep('entries', draft.kind, JSON.parse(fromUtf8(sealEntry(draft, 1, 'site', new Set()).bytes)!))
}

/** Throws when the data of an entry is not as the reference says. */
function holdEntry(kind: EntryKind, data: JsonObject): void {
  const fault = faultIn(entries[kind].data, data)
  if (fault !== undefined)
    throw new Error(`${kind} is not as gateway/reference says: ${fault}\n${JSON.stringify(data, undefined, 1)}`)
}

export function holdPayload(name: PayloadName, payload: string): void {
  const value: unknown = name === 'checkpoint' ? payload : JSON.parse(payload)
  const fault = faultIn(payloads[name], value)
  if (fault !== undefined) throw new Error(`${name} is not as gateway/reference says: ${fault}\n${payload}`)
  if (payload !== '') keep('payloads', name, value)
}

/** Everything in a ledger: of a gateway that runs, or of one that has ended. */
export function holdLedger(dataDir: string): void {
  const reader = createReader(join(dataDir, 'ledger.sqlite'))
  try {
    for (let from = 0; from < reader.head().nextSeq; from += PAGE)
      for (const entry of reader.entries(from, PAGE)) holdWhole(entry)
    for (const sample of reader.samples(0, SAMPLES)) holdPoints(samplePoints('site', sample))
  } finally {
    reader.close()
  }
}

const PAGE = 1000
const SAMPLES = 10_000

function holdWhole(entry: Entry): void {
  holdEntry(entry.kind, entry.body.data)
  keep('entries', entry.kind, entry.body)
  holdPoints(entryPoints(entry.body.site, entry))
}

function holdPoints(points: readonly InfluxPoint[]): void {
  const strange = points.flatMap(strangeIn)
  if (strange.length > 0) throw new Error(`points are not as gateway/reference says: ${strange.join(', ')}`)
  for (const point of points) keep('points', point.measurement, lineProtocol([point]))
}

function keep(part: keyof Examples, name: string, value: unknown): void {
  if (!isRecording) return
  const known = examples()
  if (known[part][name] !== undefined) return
  const next = { ...known, [part]: { ...known[part], [name]: value } }
  writeFileSync(EXAMPLES, `${JSON.stringify(next, null, 2)}\n`)
}
