/** The address of a value on its device, and whether it is possible. Pure. */
import type { ConfigDocument, Path } from '../document/document.ts'

/** The address of a signal of any protocol, with the keys that checks read. */
export type Address = {
  readonly table?: string
  readonly address?: number
  readonly type?: string
  readonly bit?: number
  readonly byte?: string
  readonly mask?: number
  readonly count?: number
  readonly write?: number
}

const REGISTERS: Readonly<Record<string, number>> = {
  u32: 2,
  s32: 2,
  f32: 2,
  u64: 4,
  s64: 4,
  f64: 4,
  bcd32: 2,
  bcd64: 4,
}
const LAST_ADDRESS = 65_535

function sizeOf(address: Address): number {
  return isBlock(address) ? (address.count ?? 1) : (REGISTERS[address.type ?? ''] ?? 1)
}

const isBlock = ({ type }: Address) => type === 'words' || type === 'text'

export function checkAddress(document: ConfigDocument, address: Address, path: Path): void {
  const isBits = address.table === 'coil' || address.table === 'discrete'
  if (address.type !== undefined && isBlock(address) !== (address.count !== undefined)) {
    const block = isBlock(address)
    document.fault(
      path,
      'address-words',
      block ? `type is ${address.type}, and count is missing` : `count with type ${address.type}`,
      block ? 'add count: how many registers' : 'remove count, or make the type words or text',
    )
  }
  checkPart(document, address, path)
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

/** A part of a register: one byte, or the bits that count. */
function checkPart(document: ConfigDocument, { type, byte, mask }: Address, path: Path): void {
  if (type === undefined) return
  if (byte !== undefined && type !== 'u8' && type !== 's8')
    document.fault(
      [...path, 'byte'],
      'address-byte',
      `byte with type ${type}`,
      'make the type u8 or s8, or remove byte',
    )
  const most = type === 'u16' ? 0xffff : type === 'u32' ? 0xffff_ffff : 0
  if (mask === undefined || mask <= most) return
  document.fault(
    [...path, 'mask'],
    'address-mask',
    most === 0 ? `mask with type ${type}` : `mask 0x${mask.toString(16)} is wider than ${type}`,
    'a mask picks bits of a u16 or u32',
  )
}

export function overlap(a: Address, b: Address): boolean {
  if (a.address === undefined || b.address === undefined) return 'node' in a && 'node' in b && a.node === b.node
  return a.table === b.table && a.address < b.address + sizeOf(b) && b.address < a.address + sizeOf(a)
}
