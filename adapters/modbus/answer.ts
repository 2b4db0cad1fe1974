/**
 * Whether the body of an answer belongs to its request and has the length that it says. Pure. What stands behind that
 * length (a byte too many, the checksum of a serial line) is cut off; what is missing is never made up.
 * Modbus Application Protocol V1.1b3, 6. Read next: port.ts.
 */

/** What an answer is held against. `bytes`: of data, for a read. */
export type Asked = { readonly unit: number; readonly code: number; readonly bytes?: number }

/** `body`: unit, function code and data, as a request has them too. */
export function askedBy(body: Buffer): Asked {
  const [unit, code] = [body.readUInt8(0), body.readUInt8(1)]
  const count = body.readUInt16BE(4)
  if (code <= 2) return { unit, code, bytes: Math.ceil(count / 8) }
  if (code <= 4) return { unit, code, bytes: 2 * count }
  return { unit, code }
}

/** Exception: unit, code, reason. Receipt of a write: unit, code, address, value or count. */
const EXCEPTION = 3
const RECEIPT = 6

/** The body without what is too much, or what is wrong with it. */
export function fitted(asked: Asked, body: Buffer): Buffer | string {
  const [unit, code] = [body.readUInt8(0), body.readUInt8(1)]
  if (unit !== asked.unit)
    return `unit ${unit} answers in the place of unit ${asked.unit}; correct \`unit\` or the converter`
  if (code === (asked.code | 0x80)) return body.subarray(0, EXCEPTION)
  if (code !== asked.code) return `the answer is for function ${code}, asked was function ${asked.code}`
  if (asked.bytes === undefined) return body.length < RECEIPT ? short(RECEIPT, body.length) : body.subarray(0, RECEIPT)
  const bytes = body.readUInt8(2)
  if (bytes !== asked.bytes) return `the answer says it holds ${bytes} bytes, asked were ${asked.bytes}`
  return body.length < 3 + bytes ? short(3 + bytes, body.length) : body.subarray(0, 3 + bytes)
}

function short(due: number, is: number): string {
  return `the answer is cut short: ${is} bytes of ${due}`
}
