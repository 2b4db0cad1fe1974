/** Reads a Sparkplug payload field by field, and knows nothing of how the gateway writes it. */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

export type Field = 'int' | 'long' | 'float' | 'double' | 'boolean' | 'string'
export type Value = { readonly field: Field; readonly value: bigint | number | boolean | string }
export type Property = { readonly key: string; readonly type?: number; readonly value?: Value }
export type Decoded = {
  name?: string
  alias?: bigint
  timestamp?: bigint
  datatype?: number
  isHistorical?: boolean
  isNull?: boolean
  keys: number
  properties: Property[]
  value?: Value
}
export type Payload = { timestamp?: bigint; seq?: bigint; metrics: Decoded[]; others: number[] }

export function decode(bytes: Uint8Array): Payload {
  const payload: Payload = { metrics: [], others: [] }
  each(bytes, (field, reader, wire) => {
    if (field === 1) payload.timestamp = long(reader)
    else if (field === 2) payload.metrics.push(metricIn(reader.bytes()))
    else if (field === 3) payload.seq = long(reader)
    else {
      payload.others.push(field)
      reader.skip(wire, field)
    }
  })
  return payload
}

function metricIn(bytes: Uint8Array): Decoded {
  const metric: Decoded = { keys: 0, properties: [] }
  each(bytes, (field, reader, wire) => {
    if (field === 1) metric.name = reader.string()
    else if (field === 2) metric.alias = long(reader)
    else if (field === 3) metric.timestamp = long(reader)
    else if (field === 4) metric.datatype = reader.uint32()
    else if (field === 5) metric.isHistorical = reader.bool()
    else if (field === 7) metric.isNull = reader.bool()
    else if (field === 9) Object.assign(metric, propertiesIn(reader.bytes()))
    else if (field >= 10 && field <= 15) metric.value = valueIn(field - 10, reader)
    else reader.skip(wire, field)
  })
  return metric
}

function propertiesIn(bytes: Uint8Array): Pick<Decoded, 'keys' | 'properties'> {
  const keys: string[] = []
  const values: Omit<Property, 'key'>[] = []
  each(bytes, (field, reader) => {
    if (field === 1) keys.push(reader.string())
    else values.push(propertyIn(reader.bytes()))
  })
  return { keys: keys.length, properties: values.map((value, index) => ({ key: keys[index] ?? '', ...value })) }
}

function propertyIn(bytes: Uint8Array): Omit<Property, 'key'> {
  let type: number | undefined
  let value: Value | undefined
  each(bytes, (field, reader) => {
    if (field === 1) type = reader.uint32()
    else value = valueIn(field - 3, reader)
  })
  return { ...(type !== undefined && { type }), ...(value !== undefined && { value }) }
}

const FIELDS: readonly Field[] = ['int', 'long', 'float', 'double', 'boolean', 'string']

function valueIn(index: number, reader: BinaryReader): Value {
  const field = FIELDS[index]!
  const read = {
    int: () => reader.uint32(),
    long: () => long(reader),
    float: () => reader.float(),
    double: () => reader.double(),
    boolean: () => reader.bool(),
    string: () => reader.string(),
  }
  return { field, value: read[field]() }
}

const long = (reader: BinaryReader): bigint => BigInt(reader.uint64())

function each(bytes: Uint8Array, take: (field: number, reader: BinaryReader, wire: WireType) => void): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    take(field, reader, wire)
  }
}

/** A command as a host sends it: one metric with a boolean. */
export function command(name: string, on = true): Buffer {
  const { Varint, LengthDelimited } = WireType
  const writer = new BinaryWriter().tag(1, Varint).uint64(1).tag(2, LengthDelimited).fork()
  writer.tag(1, LengthDelimited).string(name).tag(4, Varint).uint32(11).tag(14, Varint).bool(on).join()
  return Buffer.from(writer.finish())
}
