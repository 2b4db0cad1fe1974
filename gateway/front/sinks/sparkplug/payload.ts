/**
 * The bytes of a Sparkplug B payload, and what a host commands. Pure. The numbers of fields and types are those of the
 * specification (3.0, section 6.4). Of its types there are the five in which what we know is exact; 64-bit numbers are
 * bigints all the way.
 * Read next: metrics.ts (what is measured), session.ts (what is sent when).
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** `null`: not known now. A `DateTime` is UTC ms. */
type Value =
  | { readonly type: 'Int64' | 'UInt64'; readonly value: bigint | null }
  | { readonly type: 'DateTime'; readonly value: number | null }
  | { readonly type: 'Boolean'; readonly value: boolean | null }
  | { readonly type: 'String'; readonly value: string | null }

/** `bad`: it cannot be told. `stale`: it was so, and nobody knows whether it still is. */
export type Quality = keyof typeof QUALITIES

export type Metric = Value & {
  readonly name: string
  readonly alias?: bigint
  /** When it was so, UTC ms; absent only where there is no clock to tell, in a death. */
  readonly atMs?: number
  readonly isHistorical?: true
  readonly unit?: string
  readonly quality?: Quality
}

type Payload = {
  readonly atMs?: number
  readonly seq?: number
  readonly metrics: readonly Metric[]
  /** Whether metrics say name, type and unit. Afterwards they go by alias where they have one, else by name. */
  readonly describes: boolean
}

const TYPES = { Int64: 4, UInt64: 8, Boolean: 11, String: 12, DateTime: 13 } as const
const INT32 = 3
const QUALITIES = { bad: 0, good: 192, stale: 500 } as const
const { Varint, LengthDelimited } = WireType

export function encode({ atMs, seq, metrics, describes }: Payload): Uint8Array {
  const writer = new BinaryWriter()
  if (atMs !== undefined) writer.tag(1, Varint).uint64(atMs)
  for (const metric of metrics) {
    writer.tag(2, LengthDelimited).fork()
    putMetric(writer, metric, describes)
    writer.join()
  }
  if (seq !== undefined) writer.tag(3, Varint).uint64(seq)
  return writer.finish()
}

function putMetric(writer: BinaryWriter, metric: Metric, describes: boolean): void {
  const { name, alias, atMs, type, isHistorical } = metric
  if (describes || alias === undefined) writer.tag(1, LengthDelimited).string(name)
  if (alias !== undefined) writer.tag(2, Varint).uint64(alias)
  if (atMs !== undefined) writer.tag(3, Varint).uint64(atMs)
  if (describes) writer.tag(4, Varint).uint32(TYPES[type])
  if (isHistorical) writer.tag(5, Varint).bool(true)
  if (metric.value === null) writer.tag(7, Varint).bool(true)
  putProperties(writer, metric, describes)
  if (metric.value !== null) putValue(writer, metric)
}

function putValue(writer: BinaryWriter, { type, value }: Value): void {
  if (value === null) return
  switch (type) {
    case 'Int64':
      writer.tag(11, Varint).uint64(BigInt.asUintN(64, value))
      return
    case 'UInt64':
    case 'DateTime':
      writer.tag(11, Varint).uint64(value)
      return
    case 'Boolean':
      writer.tag(14, Varint).bool(value)
      return
    case 'String':
      writer.tag(15, LengthDelimited).string(value)
  }
}

/** Keys first, then as many values, each with its type. */
function putProperties(writer: BinaryWriter, { unit, quality }: Metric, describes: boolean): void {
  const hasUnit = describes && unit !== undefined
  if (!hasUnit && quality === undefined) return
  writer.tag(9, LengthDelimited).fork()
  if (hasUnit) writer.tag(1, LengthDelimited).string('engUnit')
  if (quality !== undefined) writer.tag(1, LengthDelimited).string('Quality')
  if (hasUnit) {
    writer.tag(2, LengthDelimited).fork().tag(1, Varint).uint32(TYPES.String)
    writer.tag(8, LengthDelimited).string(unit).join()
  }
  if (quality !== undefined) {
    writer.tag(2, LengthDelimited).fork().tag(1, Varint).uint32(INT32)
    writer.tag(3, Varint).uint32(QUALITIES[quality]).join()
  }
  writer.join()
}

/* ── what a host sends ── */

export const REBIRTH = 'Node Control/Rebirth'

/** Whether a command asks for the births again, the one thing that may be asked. What is no payload asks nothing. */
export function asksForRebirth(bytes: Uint8Array): boolean {
  try {
    return commands(bytes).some(({ name, on }) => name === REBIRTH && on)
  } catch {
    return false
  }
}

type Command = { name: string; on: boolean }

function commands(bytes: Uint8Array): Command[] {
  const reader = new BinaryReader(bytes)
  const found: Command[] = []
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === 2 && wire === LengthDelimited) found.push(commandIn(new BinaryReader(reader.bytes())))
    else reader.skip(wire, field)
  }
  return found
}

function commandIn(reader: BinaryReader): Command {
  const command = { name: '', on: false }
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === 1 && wire === LengthDelimited) command.name = reader.string()
    else if (field === 14 && wire === Varint) command.on = reader.bool()
    else reader.skip(wire, field)
  }
  return command
}
