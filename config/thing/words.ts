/**
 * The words in which a Thing Description (W3C WoT TD 1.1, with the binding to Modbus) says what an address of a profile
 * says, both ways. What it has no word for stands under `latchkey:`. Pure. Read next: export.ts, import.ts.
 */

/** The keys of an address that these words know. */
export type Registers = {
  readonly table: string
  readonly address: number
  readonly type: string
  readonly count?: number
  readonly order?: string
  readonly [key: string]: unknown
}

export const CONTEXT = [
  'https://www.w3.org/2022/wot/td/v1.1',
  { modv: 'https://www.w3.org/2019/wot/modbus#', latchkey: 'urn:latchkey:profile#' },
] as const

/** Table → the entity and the function that reads it. */
const TABLES: Readonly<Record<string, { readonly entity: string; readonly read: string }>> = {
  holding: { entity: 'HoldingRegister', read: 'readHoldingRegisters' },
  input: { entity: 'InputRegister', read: 'readInputRegisters' },
  coil: { entity: 'Coil', read: 'readCoil' },
  discrete: { entity: 'DiscreteInput', read: 'readDiscreteInput' },
}

/** Type → registers, and the type in XML Schema that says it; the others have none. */
const TYPES: Readonly<Record<string, { readonly size: number; readonly xsd?: string; readonly json: string }>> = {
  bool: { size: 1, xsd: 'xsd:boolean', json: 'boolean' },
  u8: { size: 1, xsd: 'xsd:unsignedByte', json: 'integer' },
  s8: { size: 1, xsd: 'xsd:byte', json: 'integer' },
  u16: { size: 1, xsd: 'xsd:unsignedShort', json: 'integer' },
  s16: { size: 1, xsd: 'xsd:short', json: 'integer' },
  u32: { size: 2, xsd: 'xsd:unsignedInt', json: 'integer' },
  s32: { size: 2, xsd: 'xsd:int', json: 'integer' },
  u64: { size: 4, xsd: 'xsd:unsignedLong', json: 'integer' },
  s64: { size: 4, xsd: 'xsd:long', json: 'integer' },
  f32: { size: 2, xsd: 'xsd:float', json: 'number' },
  f64: { size: 4, xsd: 'xsd:double', json: 'number' },
  text: { size: 1, xsd: 'xsd:string', json: 'string' },
  f16: { size: 1, json: 'number' },
  bcd16: { size: 1, json: 'integer' },
  bcd32: { size: 2, json: 'integer' },
  bcd64: { size: 4, json: 'integer' },
}

const ORDERS: Readonly<Record<string, readonly [mostSignificantWord: boolean, mostSignificantByte: boolean]>> = {
  ABCD: [true, true],
  CDAB: [false, true],
  BADC: [true, false],
  DCBA: [false, false],
}

export const jsonType = (type: string): string | undefined => TYPES[type]?.json

/** The form of an address below `base`; what it cannot say is left to the caller. */
export function formOf(base: string, { table, address, type, count, order = 'ABCD' }: Registers) {
  const { entity, read } = TABLES[table]!
  const [word, byte] = ORDERS[order]!
  const { xsd, size } = TYPES[type]!
  return {
    href: `${base}/${address}?quantity=${count ?? size}`,
    op: 'readproperty',
    contentType: 'application/octet-stream',
    'modv:entity': entity,
    'modv:function': read,
    'modv:zeroBasedAddressing': true,
    'modv:mostSignificantWord': word,
    'modv:mostSignificantByte': byte,
    ...(xsd === undefined ? {} : { 'modv:type': xsd }),
  }
}

/** The address that a form says, or why it says none. `json`: the type of its property, where the form has none. */
export function addressOf(form: Readonly<Record<string, unknown>>, json: unknown): Registers | string {
  const href = typeof form.href === 'string' ? form.href : ''
  const [, start, query = ''] = /^(?:[^?#]*[/])?(\d{1,5})(?:[?]([^#]*))?$/.exec(href) ?? []
  if (start === undefined) return `its href "${href.slice(0, 80)}" ends in no register`
  const table = tableOf(form)
  if (table === undefined) return 'neither modv:entity nor modv:function says which table'
  const quantity = Number(new URLSearchParams(query).get('quantity') ?? form['modv:quantity'] ?? 1)
  const type = isBits(table) ? 'bool' : typeOf(form['modv:type'], json, quantity)
  if (type === undefined) return `${quantity} registers of ${String(form['modv:type'] ?? json)} are no type of a signal`
  const order = Object.entries(ORDERS).find(
    ([, [word, byte]]) =>
      word === (form['modv:mostSignificantWord'] ?? true) && byte === (form['modv:mostSignificantByte'] ?? true),
  )
  const address = Number(start) - (form['modv:zeroBasedAddressing'] === false ? 1 : 0)
  return {
    table,
    address,
    type,
    ...(type === 'text' ? { count: quantity } : {}),
    ...(order === undefined || order[0] === 'ABCD' || isBits(table) ? {} : { order: order[0] }),
  }
}

const isBits = (table: string) => table === 'coil' || table === 'discrete'

function tableOf(form: Readonly<Record<string, unknown>>): string | undefined {
  const [entity, read] = [String(form['modv:entity'] ?? ''), String(form['modv:function'] ?? '').toLowerCase()]
  const functions: Readonly<Record<string, string>> = { '1': 'coil', '2': 'discrete', '3': 'holding', '4': 'input' }
  const named = Object.keys(TABLES).find(
    (table) => TABLES[table]!.entity === entity || read.startsWith(TABLES[table]!.read.toLowerCase().replace(/s$/, '')),
  )
  return named ?? functions[read]
}

/** By XML Schema where the form says it and the width fits, else by the type of the property and the width. */
function typeOf(xsd: unknown, json: unknown, quantity: number): string | undefined {
  const named = Object.entries(TYPES).find(([, one]) => one.xsd !== undefined && one.xsd === xsd)?.[0]
  if (named === 'text' || (named !== undefined && TYPES[named]!.size === quantity)) return named
  if (xsd !== undefined && named === undefined) return undefined
  if (json === 'string') return 'text'
  if (json === 'number') return { 2: 'f32', 4: 'f64' }[quantity]
  return json === 'integer' || json === undefined ? { 1: 'u16', 2: 'u32', 4: 'u64' }[quantity] : undefined
}
