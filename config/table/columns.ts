/**
 * What the columns of a register table mean, by the words that makers put over them. Pure.
 * Read next: cells.ts (what stands below), table.ts (who asks).
 */
import type { Row } from './csv.ts'

const MEANINGS = {
  address: [
    'address',
    'addr',
    'register',
    'registeraddress',
    'registernumber',
    'registerno',
    'reg',
    'modbusaddress',
    'startaddress',
    'startregister',
    'startingaddress',
    'offsetaddress',
    'adresse',
    'startadresse',
    'registeradresse',
    'wireaddress',
    'pduaddress',
    'addresshex',
    'addressdec',
    'hexaddress',
    '地址',
    '寄存器地址',
  ],
  name: ['name', 'signal', 'id', 'tag', 'variable', 'symbol', 'shortname', 'label', 'point', 'bezeichnung', '名称'],
  title: [
    'title',
    'description',
    'parameter',
    'meaning',
    'content',
    'contents',
    'quantity',
    'text',
    'beschreibung',
    'designation',
    'measurement',
    'measuredvalue',
    'value',
    'comment',
    'remark',
    'remarks',
    '描述',
    '说明',
  ],
  type: [
    'type',
    'datatype',
    'format',
    'dataformat',
    'registertype',
    'valuetype',
    'encoding',
    'datentyp',
    'typ',
    '数据类型',
    '类型',
  ],
  table: [
    'table',
    'function',
    'functioncode',
    'fc',
    'fct',
    'code',
    'modbusfunction',
    'readfunction',
    'registerkind',
    'area',
    'space',
    'objecttype',
    '功能码',
  ],
  unit: ['unit', 'units', 'engineeringunit', 'engunit', 'uom', 'einheit', '单位'],
  scale: [
    'scale',
    'scaling',
    'factor',
    'scalefactor',
    'multiplier',
    'gain',
    'gradient',
    'resolution',
    'coefficient',
    'lsb',
    'faktor',
    'skalierung',
    'multiply',
    'ratio',
    '系数',
    '倍率',
    '分辨率',
  ],
  offset: ['offset', 'valueoffset', 'bias', 'add'],
  count: [
    'count',
    'length',
    'len',
    'size',
    'registers',
    'numberofregisters',
    'noofregisters',
    'quantityofregisters',
    'words',
    'wordcount',
    'numregisters',
    'anzahl',
    'länge',
    '长度',
    '个数',
  ],
  order: [
    'order',
    'byteorder',
    'wordorder',
    'endian',
    'endianness',
    'endianess',
    'byteandwordorder',
    'bytereihenfolge',
  ],
  bit: ['bit', 'bitposition', 'bitnumber', 'bitno'],
  access: ['access', 'rw', 'readwrite', 'mode', 'accesstype', 'zugriff', '读写'],
  step: ['step', 'displaystep', 'lastdigit'],
  meter: ['meter', 'counter', 'counts', 'zähler'],
} as const satisfies Record<string, readonly string[]>

export type Meaning = keyof typeof MEANINGS
/** Column by meaning. */
export type Columns = ReadonlyMap<Meaning, number>

/** Rows above the header, such as a title of the maker's. */
const MOST_ROWS_ABOVE = 30

/** The header row and what its columns mean; undefined when no row names an address. */
export function findColumns(rows: readonly Row[]): { readonly at: number; readonly columns: Columns } | undefined {
  for (const [at, { cells }] of rows.slice(0, MOST_ROWS_ABOVE).entries()) {
    const columns = meaningsOf(cells)
    if (columns.has('address') && (columns.has('type') || columns.has('name') || columns.has('title')))
      return { at, columns }
  }
  return undefined
}

/** Of two columns with one meaning the one whose word stands further ahead; `Register` beside `Address` is none. */
function meaningsOf(cells: readonly string[]): Columns {
  const columns = new Map<Meaning, number>()
  for (const meaning of Object.keys(MEANINGS) as Meaning[]) {
    const words: readonly string[] = MEANINGS[meaning]
    const ranks = cells.map((cell) => Math.min(...namesOf(cell).map((name) => rankOf(words, name))))
    const best = Math.min(...ranks)
    if (Number.isFinite(best)) columns.set(meaning, ranks.indexOf(best))
  }
  return columns
}

const rankOf = (words: readonly string[], name: string) => {
  const at = words.indexOf(name)
  return at < 0 ? Number.POSITIVE_INFINITY : at
}

/** `Data Type`, `data_type`, `Address (hex)`, `Start address [dec]`. */
function namesOf(cell: string): string[] {
  const bare = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}]/gu, '')
  return [bare(cell), bare(cell.replaceAll(/[([].*?[)\]]/g, ''))]
}
