/**
 * What stands in the cells of a register table, as makers write it: `40073`, `0x0048`, `UINT32 (SW)`, `x 0.1`, `/10`,
 * `1/100 kWh`. Each reader answers undefined to what it does not know, and never guesses. Pure. Read next: table.ts.
 */

export type RegisterTable = 'holding' | 'input' | 'coil' | 'discrete'
type Order = 'ABCD' | 'CDAB' | 'BADC' | 'DCBA'

/** An address as written. `table`: where the number itself says it, as 40001 does. */
type WrittenAddress = { readonly number: number; readonly table?: RegisterTable; readonly bit?: number }

const LAST = 65_535
/** The first digit of a Modicon number. */
const MODICON: Readonly<Record<string, RegisterTable>> = { 0: 'coil', 1: 'discrete', 3: 'input', 4: 'holding' }

/** Whether a decimal number could be a Modicon number, whose first digit names the table: 30073, 400073, 4x0073. */
export function looksModicon(cell: string): boolean {
  return /^(?:[34]\d{4,5}|1\d{4,5}|[0134]x\d{4,5})$/i.test(firstOf(cell)) && !/^[134]0{4,5}$/.test(firstOf(cell))
}

export const isHex = (cell: string): boolean => HEX.test(firstOf(cell))

const HEX = /^(?:0x([0-9a-f]{1,4})|([0-9a-f]{1,4})h)$/i

/** Without spaces, a bit behind, and the end of a range. */
function firstOf(cell: string): string {
  const text = cell.replaceAll(/\s/g, '').replace(/^%(MW|R|IW)/i, '')
  return text.replace(/[.:]\d{1,2}$/, '').split(/[-–…~]|to/)[0] ?? ''
}

/** `base` is taken off numbers that are no Modicon numbers, which count from 1. */
export function readAddress(cell: string, base: number, isModicon: boolean): WrittenAddress | undefined {
  const first = firstOf(cell)
  const [, bit] = /[.:](\d{1,2})$/.exec(cell.trim()) ?? []
  const more = bit === undefined ? {} : { bit: Number(bit) }
  const hex = HEX.exec(first)
  if (hex) return within({ number: Number.parseInt(hex[1] ?? hex[2]!, 16) - base, ...more })
  const [, digit = '', number = ''] = /^([0134])x?(\d{4,5})$/i.exec(first) ?? []
  if (isModicon && digit !== '') return within({ number: Number(number) - 1, table: MODICON[digit]!, ...more })
  return /^\d{1,5}$/.test(first) ? within({ number: Number(first) - base, ...more }) : undefined
}

function within(address: WrittenAddress): WrittenAddress | undefined {
  return address.number >= 0 && address.number <= LAST ? address : undefined
}

/** A function code, or the name of a table. */
export function readTable(cell: string): RegisterTable | undefined {
  const text = cell.toLowerCase()
  const [, code] = /(?:^|[^0-9])0?([1-6]|16|15)(?:h|hex)?(?:$|[^0-9])/.exec(text.replace('0x', '')) ?? []
  if (/input.*reg|^input$|^ir$|^3x/.test(text)) return 'input'
  if (/holding|^hr$|^4x/.test(text)) return 'holding'
  if (/discrete|^di$|input.*stat|^1x/.test(text)) return 'discrete'
  if (/coil|^0x$/.test(text)) return 'coil'
  return code === undefined ? undefined : CODES[code]
}

const CODES: Readonly<Record<string, RegisterTable>> = {
  1: 'coil',
  2: 'discrete',
  3: 'holding',
  4: 'input',
  5: 'coil',
  6: 'holding',
  15: 'coil',
  16: 'holding',
}

export type WrittenType = { readonly type: string; readonly order?: Order; readonly count?: number }

/** `registers`: how many the table says it has. */
export function readType(cell: string, registers: number | undefined): WrittenType | undefined {
  const text = cell.toLowerCase().replaceAll(/[\s_-]/g, '')
  const order = readOrder(cell)
  const more = order === undefined ? {} : { order }
  const bits = bitsOf(text) ?? (registers === undefined ? undefined : registers * 16)
  if (/^(bool|bit|boolean|flag|coil)/.test(text)) return { type: 'bool', ...more }
  if (/^(string|str|ascii|text|char|utf8?|visiblestring)/.test(text)) {
    const [, length] = /(?:\[|\()(\d+)/.exec(text) ?? /(\d+)$/.exec(text.replace(/^utf8?/, '')) ?? []
    const count = registers ?? (length === undefined ? undefined : Math.ceil(Number(length) / 2))
    return count === undefined ? undefined : { type: 'text', count }
  }
  if (/bcd/.test(text)) return sized('bcd', bits ?? 16, [16, 32, 64], more)
  if (/^(float|real|single|ieee|f(16|32|64)|flt|double|lreal)/.test(text)) {
    const isDouble = /double|lreal|64/.test(text)
    return sized('f', isDouble ? 64 : /f(loat)?16|half/.test(text) ? 16 : 32, [16, 32, 64], more)
  }
  const signed = signOf(text)
  return signed === undefined ? undefined : sized(signed, bits ?? defaultBits(text), [8, 16, 32, 64], more)
}

function sized(
  kind: string,
  bits: number,
  known: readonly number[],
  more: Pick<WrittenType, 'order'>,
): WrittenType | undefined {
  return known.includes(bits) ? { type: `${kind}${bits}`, ...more } : undefined
}

/** `u`, `s`, or undefined for no integer. */
function signOf(text: string): 'u' | 's' | undefined {
  if (
    /^(u(nsigned)?(int|long|short|dint|sint|lint|char|\d)|uint|u\d|word|dword|lword|qword|byte|unsigned|ulong|ushort|udint|hex|enum|bitmap|bitfield)/.test(
      text,
    )
  )
    return 'u'
  if (/^(s(igned)?(int|long|short|\d)|int|s\d|i\d|long|short|dint|lint|sint|signed|integer)/.test(text)) return 's'
  return undefined
}

function bitsOf(text: string): number | undefined {
  const [, number] = /(?:^|[^0-9])(8|16|32|64)(?:$|[^0-9])/.exec(text) ?? []
  return number === undefined ? undefined : Number(number)
}

function defaultBits(text: string): number {
  if (/lint|lword|qword|longlong/.test(text)) return 64
  return /dint|dword|long/.test(text) ? 32 : 16
}

export function readOrder(cell: string): Order | undefined {
  const text = cell.toLowerCase().replaceAll(/[\s_-]/g, '')
  const [named] = /abcd|cdab|badc|dcba/.exec(text) ?? []
  if (named !== undefined) return named.toUpperCase() as Order
  if (/lsw|lowword|lowordwordfirst|wordswap|swapword|\(sw\)|swapped|^sw$|middleendian/.test(text)) return 'CDAB'
  if (/byteswap|swapbyte/.test(text)) return 'BADC'
  if (/little|intel|^le$/.test(text)) return 'DCBA'
  return /big|motorola|msw|highword|^be$/.test(text) ? 'ABCD' : undefined
}

/** `0.1`, `x0,1`, `/10`, `1/100`, `10^-2`, `1e-3`, `0.01 kWh`. */
export function readScale(cell: string): number | undefined {
  const text = cell
    .replaceAll(/\s/g, '')
    .replace(',', '.')
    .replace(/^[x×*]/i, '')
  const power = /^10(?:\^|\*\*)\(?([+-]?\d+)\)?/.exec(text)
  if (power) return positive(Number(`1e${power[1]}`))
  const [, divisor] = /^(?:1)?[/÷:](\d+(?:\.\d+)?)/.exec(text) ?? []
  if (divisor !== undefined) return positive(Number((1 / Number(divisor)).toPrecision(12)))
  const [number] = /^\d+(\.\d+)?(e[+-]?\d+)?/i.exec(text) ?? []
  return number === undefined ? undefined : positive(Number(number))
}

const positive = (value: number) => (Number.isFinite(value) && value > 0 ? value : undefined)

/** The unit behind a number, as in `0.01 kWh`, or alone. */
export function readUnit(cell: string): string | undefined {
  const text = cell
    .replace(/^[x×*/]?\s*[\d.,/^()e+-]+\s*/i, '')
    .replaceAll(/^[[(]|[\])]$/g, '')
    .trim()
  if (text === '' || text === '-' || text.length > 16) return undefined
  return text
}
