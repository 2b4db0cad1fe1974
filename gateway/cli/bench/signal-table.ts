/**
 * The register table that `match` writes and `profile new` reads: CSV with a row per signal, so that a person can
 * correct it by hand. It is there as a whole or not at all. Read next: config/table/table.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { readRegisterTable } from '../../../config/table/table.ts'
import { writeWhole } from '../../control/host/files.ts'
import { refused } from './ground.ts'

type TableRow = {
  readonly name: string
  readonly table: string
  readonly address: number
  readonly type: string
  readonly order: string
  readonly scale: number
  readonly offset: number
  readonly unit?: string | undefined
  readonly counter: boolean
  /** What the last digit of the display is worth. */
  readonly step: number
}

const COLUMNS = ['name', 'table', 'address', 'type', 'order', 'scale', 'offset', 'unit', 'meter', 'step']
const NAME = /^[a-z][A-Za-z0-9]{0,31}$/

/** Before a person looks at a display: whether the name can be a signal, and is not in the table yet. */
export function checkSignalName(name: string, path: string | undefined): void {
  if (!NAME.test(name))
    throw refused(`"${name}" is no name of a signal; write importEnergy: letters and digits, a small one first`)
  if (path === undefined || !existsSync(path)) return
  const table = readRegisterTable(readFileSync(path, 'utf8'), { base: 0 })
  if (typeof table === 'string') throw refused(`${path}: ${table}`)
  if (table.signals.some((signal) => signal.name === name))
    throw refused(`${path} has a signal "${name}" already; remove its row, or choose another name`)
}

export function addToTable(path: string, row: TableRow): void {
  const before = existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : COLUMNS.join(',')
  const { name, table, address, type, order, scale, offset, unit = '', counter, step } = row
  // In hex it cannot be taken for a number like 40073, whose first digit names the table.
  const cells = [name, table, `0x${address.toString(16)}`, type, order, scale, offset, unit, counter ? 'yes' : '', step]
  writeWhole(path, `${before}\n${cells.map(quoted).join(',')}\n`)
}

function quoted(cell: string | number): string {
  const text = String(cell)
  return /[",;\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
