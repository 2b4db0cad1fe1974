/** The address of a value on its device, and whether it is possible. Pure. */
import type { ConfigDocument, Path } from '../document/document.ts'

/** The address of a signal of any protocol, with the keys that checks read. */
export type Address = {
  readonly table?: string
  readonly address?: number
  readonly type?: string
  readonly bit?: number
  readonly count?: number
  readonly write?: number
}

const REGISTERS: Readonly<Record<string, number>> = { u32: 2, s32: 2, f32: 2, u64: 4, s64: 4, f64: 4, bcd32: 2 }
const LAST_ADDRESS = 65_535

function sizeOf(address: Address): number {
  return address.type === 'words' ? (address.count ?? 1) : (REGISTERS[address.type ?? ''] ?? 1)
}

export function checkAddress(document: ConfigDocument, address: Address, path: Path): void {
  const isBits = address.table === 'coil' || address.table === 'discrete'
  if (address.type !== undefined && (address.type === 'words') !== (address.count !== undefined)) {
    const words = address.type === 'words'
    document.fault(
      path,
      'address-words',
      words ? 'type is words, and count is missing' : `count with type ${address.type}`,
      words ? 'add count: how many words' : 'remove count, or make the type words',
    )
  }
  if (isBits && address.type !== undefined && address.type !== 'bool') {
    document.fault(
      [...path, 'type'],
      'address-type',
      `type is ${address.type}, and ${address.table} holds single bits`,
      'make the type bool, or the table holding or input',
    )
  }
  if (address.bit !== undefined && address.type !== undefined && (address.type !== 'bool' || isBits)) {
    document.fault(
      [...path, 'bit'],
      'address-bit',
      isBits ? `bit with table ${address.table}` : `bit with type ${address.type}`,
      'bit picks one bit of a holding or input register; the type must be bool',
    )
  }
  if (address.address !== undefined && address.address + sizeOf(address) - 1 > LAST_ADDRESS) {
    document.fault(
      [...path, 'address'],
      'address-end',
      `the value ends at ${address.address + sizeOf(address) - 1}`,
      `the last address is ${LAST_ADDRESS}`,
    )
  }
}

export function overlap(a: Address, b: Address): boolean {
  if (a.address === undefined || b.address === undefined) return 'node' in a && 'node' in b && a.node === b.node
  return a.table === b.table && a.address < b.address + sizeOf(b) && b.address < a.address + sizeOf(a)
}
