/**
 * Turns the words or bits of an answer into a value. Pure; it does not scale, since that is the profile's part.
 * What is not a number is `malformed`, never 0. Read next: plan.ts.
 */
import type { ReadingCause, Value } from '../../gateway/core/reading/reading.ts'
import { isWord } from '../adapter.ts'
import type { ModbusAddress } from './options.ts'
import { isBitTable, sizeOf } from './plan.ts'

/** One request reads no more: Modbus Application Protocol V1.1b3, 6.3. */
const MAX_REGISTERS = 125
const [BLANK, ERASED] = [0x20, 0xff]
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type Decoded =
  | { readonly quality: 'good'; readonly value: Value; readonly raw?: bigint }
  | { readonly quality: 'bad'; readonly cause: ReadingCause; readonly detail: string }

/** `data`: the registers of this address alone (0–65535), or its bit as a boolean for coil and discrete. */
export function decode(address: ModbusAddress, data: readonly (number | boolean)[]): Decoded {
  const size = sizeOf(address)
  if (data.length !== size) return malformed(`expected ${size} registers, got ${data.length}`)
  if (isBitTable(address.table)) {
    const bit = data[0]
    return typeof bit === 'boolean' ? { quality: 'good', value: bit } : malformed('not a bit')
  }
  if (!data.every(isWord)) return malformed('a register outside 0..65535')
  if (address.type === 'words') return { quality: 'good', value: [...data] }
  const view = inOrder(address, data, 0)
  const bytes = 2 * size
  switch (address.type) {
    case 'u64':
      return integer(view.getBigUint64(0))
    case 's64':
      return integer(view.getBigInt64(0))
    case 'bcd16':
    case 'bcd32':
    case 'bcd64':
      return decimal(view, bytes)
    case 'text':
      return text(new Uint8Array(view.buffer, 0, bytes))
    default: {
      const value = plainIn(view, address)
      if (typeof value !== 'number') return { quality: 'good', value: value! }
      return address.type.startsWith('f') ? float(value) : integer(BigInt(value))
    }
  }
}

/**
 * The same value, from the register or bit at `from` on, where it is a boolean or a number that a double holds in any
 * case: nothing is made for it. Else undefined, and `decode` says what it is.
 */
export function plainValue(
  address: ModbusAddress,
  data: readonly (number | boolean)[],
  from: number,
): number | boolean | undefined {
  const first = data[from]
  if (typeof first !== 'number') return first
  const value = plainIn(inOrder(address, data as readonly number[], from), address)
  return typeof value === 'number' && !Number.isFinite(value) ? undefined : value
}

/** The registers of one value at a time; nothing stays in it. */
const scratch = new DataView(new ArrayBuffer(2 * MAX_REGISTERS))

/** The registers as big-endian bytes: `CDAB` reverses the words, `BADC` the bytes of each, `DCBA` both. */
function inOrder(address: ModbusAddress, words: readonly number[], from: number): DataView {
  const { order } = address
  const isReversed = order === 'CDAB' || order === 'DCBA'
  const isSwapped = order === 'BADC' || order === 'DCBA'
  const last = sizeOf(address) - 1
  for (let index = 0; index <= last; index += 1)
    scratch.setUint16(index * 2, words[from + (isReversed ? last - index : index)]!, isSwapped)
  return scratch
}

/** The types that need no bigint; of another one undefined. */
function plainIn(view: DataView, address: ModbusAddress): number | boolean | undefined {
  switch (address.type) {
    case 'bool': {
      const word = view.getUint16(0)
      return address.bit === undefined ? word !== 0 : ((word >> address.bit) & 1) === 1
    }
    case 'u8':
      return view.getUint8(byteOf(address))
    case 's8':
      return view.getInt8(byteOf(address))
    case 'u16':
      return masked(view.getUint16(0), address)
    case 's16':
      return view.getInt16(0)
    case 'u32':
      return masked(view.getUint32(0), address)
    case 's32':
      return view.getInt32(0)
    case 'f16':
      return view.getFloat16(0)
    case 'f32':
      return view.getFloat32(0)
    case 'f64':
      return view.getFloat64(0)
    default:
      return undefined
  }
}

const byteOf = ({ byte }: ModbusAddress): number => (byte === 'high' ? 0 : 1)

const masked = (word: number, { mask }: ModbusAddress): number => (mask === undefined ? word : (word & mask) >>> 0)

function integer(raw: bigint): Decoded {
  const number = Number(raw)
  return { quality: 'good', value: Number.isSafeInteger(number) ? number : raw, raw }
}

function float(value: number): Decoded {
  return Number.isFinite(value) ? { quality: 'good', value } : malformed(String(value))
}

/** Packed decimal, one digit per four bits. A to F are no digits: the register is not BCD, or the answer is torn. */
function decimal(view: DataView, length: number): Decoded {
  const digits = Array.from({ length }, (_, index) => view.getUint8(index).toString(16).padStart(2, '0')).join('')
  return /^[0-9]+$/.test(digits) ? integer(BigInt(digits)) : malformed(`0x${digits} is not packed decimal`)
}

/**
 * UTF-8, of which ASCII is a part. What fills the registers behind the text (NUL, blanks, erased memory) is left out;
 * a control character within it is no text, and an erased device says nothing.
 */
function text(bytes: Uint8Array): Decoded {
  const end = bytes.findLastIndex((byte) => byte !== 0 && byte !== BLANK && byte !== ERASED) + 1
  try {
    const value = UTF_8.decode(bytes.subarray(0, end))
    return /\p{Cc}/u.test(value) ? malformed('a control character in a text') : { quality: 'good', value }
  } catch {
    return malformed('not a text in UTF-8')
  }
}

function malformed(detail: string): Decoded {
  return { quality: 'bad', cause: 'malformed', detail }
}
