/**
 * A maker's register table in CSV becomes signals. It takes columns by the words over them, addresses and types as
 * makers write them, and leaves out each row that it cannot read, saying why. It guesses nothing: what is not in the
 * table or in the options is asked for. Pure. Read next: cells.ts, config/stub.ts (the profile made from them).
 */
import {
  isHex,
  looksModicon,
  type RegisterTable,
  readAddress,
  readOrder,
  readScale,
  readTable,
  readType,
  readUnit,
  type WrittenType,
} from './cells.ts'
import { type Columns, findColumns, type Meaning } from './columns.ts'
import { type Row, readCsv } from './csv.ts'

type TableSignal = {
  readonly name: string
  readonly title?: string
  readonly address: {
    readonly table: RegisterTable
    readonly address: number
    readonly type: string
    readonly order?: string
    readonly bit?: number
    readonly count?: number
  }
  readonly unit?: string
  readonly scale: number
  readonly offset: number
  readonly isMeter: boolean
  /** What the last digit of a display is worth: in such steps a float is counted. */
  readonly step?: number
}

type TableOptions = {
  /** What a row is that does not say it. */
  readonly table?: RegisterTable | undefined
  /** The address of the first register in the table: 0 or 1. */
  readonly base: number
  /** Of values of more than one register where a row does not say it. */
  readonly order?: string | undefined
  /** Whether 40073 is register 72, or an address. Absent: the former where every decimal number looks so. */
  readonly numbers?: 'modicon' | 'wire' | undefined
}

type ReadTable = {
  readonly signals: readonly TableSignal[]
  readonly skipped: readonly { readonly line: number; readonly why: string }[]
  /** How the numbers of the registers were taken. */
  readonly numbers: 'modicon' | 'wire'
}

const MOST_SIGNALS = 1000
const MAX_TITLE = 80
const MAX_NAME = 32

/** Or why the text is no register table. */
export function readRegisterTable(text: string, options: TableOptions): ReadTable | string {
  const rows = readCsv(text)
  const found = findColumns(rows)
  if (found === undefined)
    return 'no row names its columns; write one above the table: name, address, type, and as they are known table, unit, scale, offset, order, count'
  const numbers = options.numbers ?? numbersOf(rows.slice(found.at + 1), found.columns)
  const signals: TableSignal[] = []
  const skipped: { line: number; why: string }[] = []
  for (const { line, cells } of rows.slice(found.at + 1)) {
    if (signals.length === MOST_SIGNALS) return `more than ${MOST_SIGNALS} rows; keep those that are wanted`
    const cell = (meaning: Meaning) => cellOf(cells, found.columns, meaning)
    if (cells.filter((one) => one !== '').length === 1) continue // a heading in the table
    const signal = signalOf(cell, { ...options, numbers }, new Set(signals.map(({ name }) => name)))
    if (typeof signal === 'string') skipped.push({ line, why: signal })
    else signals.push(signal)
  }
  return { signals, skipped, numbers }
}

function numbersOf(rows: readonly Row[], columns: Columns): 'modicon' | 'wire' {
  const decimal = rows
    .map(({ cells }) => cellOf(cells, columns, 'address'))
    .filter((one) => /\d/.test(one) && !isHex(one))
  return decimal.length > 0 && decimal.every(looksModicon) ? 'modicon' : 'wire'
}

type Cell = (meaning: Meaning) => string

function cellOf(cells: readonly string[], columns: Columns, meaning: Meaning): string {
  const at = columns.get(meaning)
  return at === undefined ? '' : (cells[at] ?? '')
}

/** Or why the row is left out. */
function signalOf(cell: Cell, options: TableOptions, taken: ReadonlySet<string>): TableSignal | string {
  if (/^w(o|rite ?only)?$/i.test(cell('access'))) return 'it can be written only'
  const written = readAddress(cell('address'), options.base, options.numbers === 'modicon')
  if (written === undefined) return `"${cell('address')}" is no address`
  const table = written.table ?? readTable(cell('table')) ?? options.table
  if (table === undefined) return 'it does not say which table it is in; give --table holding or input'
  const count = Number(/\d+/.exec(cell('count'))?.[0] ?? Number.NaN)
  const registers = count >= 1 && count <= 125 ? count : undefined
  const bit = written.bit ?? bitOf(cell('bit'))
  const type = typeOf(cell, table, bit, registers)
  if (typeof type === 'string') return type
  const scale = cell('scale') === '' ? 1 : readScale(cell('scale'))
  if (scale === undefined) return `"${cell('scale')}" is no factor`
  const offset = cell('offset') === '' ? 0 : Number(cell('offset').replace(',', '.'))
  if (!Number.isFinite(offset)) return `"${cell('offset')}" is no offset`
  const step = readScale(cell('step'))
  const title = cell('title') || cell('name')
  const unit = readUnit(cell('unit')) ?? (cell('unit') === '' ? readUnit(cell('scale')) : undefined)
  return {
    name: nameOf(cell('name') || title || `r${written.number}`, written.number, taken),
    ...(title === '' || title === cell('name') ? {} : { title: title.slice(0, MAX_TITLE) }),
    address: {
      table,
      address: written.number,
      ...placed(type, cell('order'), isBits(table) ? undefined : bit, options),
    },
    ...(unit === undefined ? {} : { unit }),
    scale,
    offset,
    isMeter: /^(y|yes|true|1|x|ja|counter|total)$/i.test(cell('meter')),
    ...(step === undefined ? {} : { step }),
  }
}

function typeOf(
  cell: Cell,
  table: RegisterTable,
  bit: number | undefined,
  registers: number | undefined,
): WrittenType | string {
  if (isBits(table) || bit !== undefined) return { type: 'bool' }
  if (cell('type') === '') return 'it does not say its type'
  const type = readType(cell('type'), registers)
  if (type === undefined) return `"${cell('type')}" is no type that is known here`
  const size = Math.ceil(Number(/\d+$/.exec(type.type)?.[0] ?? 0) / 16)
  return registers === undefined || size === 0 || size === registers
    ? type
    : `${type.type} in ${registers} registers; correct one of them`
}

const isBits = (table: RegisterTable) => table === 'coil' || table === 'discrete'
const bitOf = (cell: string) => (/^(\d|1[0-5])$/.test(cell) ? Number(cell) : undefined)

/** What the address says beside its place. */
function placed(
  { type, order: own, count }: WrittenType,
  column: string,
  bit: number | undefined,
  options: TableOptions,
): Omit<TableSignal['address'], 'table' | 'address'> {
  const order = own ?? readOrder(column) ?? options.order
  // "Little-endian" over a table speaks of its wide values; the bytes of one register are turned only where it says so.
  const isWide = /(32|64)$/.test(type)
  return {
    type,
    ...(order !== undefined && order !== 'ABCD' && (isWide || order === 'BADC') ? { order } : {}),
    ...(bit === undefined ? {} : { bit }),
    ...(count === undefined ? {} : { count }),
  }
}

/** `Total Active Energy (import)` is totalActiveEnergyImport; a second one gets its address behind it. */
function nameOf(text: string, address: number, taken: ReadonlySet<string>): string {
  const parts = text
    .normalize('NFKD')
    .split(/[^A-Za-z0-9]+/)
    .filter((part) => part !== '')
  const camel = parts
    .map((part, at) => (at === 0 ? firstLower(part) : part.charAt(0).toUpperCase() + part.slice(1)))
    .join('')
  const name = (/^[a-z]/.test(camel) ? camel : `r${address}${camel}`).slice(0, MAX_NAME)
  if (!taken.has(name)) return name
  const numbered = `${name.slice(0, MAX_NAME - 7)}At${address}`
  return taken.has(numbered) ? `${numbered.slice(0, MAX_NAME - 4)}x${taken.size}` : numbered
}

const firstLower = (part: string) =>
  /^[A-Z]+$/.test(part) ? part.toLowerCase() : part.charAt(0).toLowerCase() + part.slice(1)
