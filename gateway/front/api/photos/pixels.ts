/**
 * A photo without anything but what shows its pixels: places, times, devices, previews and whatever else is in it are
 * left out, and a file that is not strictly of its format is refused, or that would be too large a picture for whoever
 * opens it. Pixels are not looked at or changed; a picture that was only turned by its metadata stands as the camera
 * held it. Pure.
 * Read next: front/api/machines/reports.ts.
 */
import type { Photo } from '../../../core/session/report.ts'

type Bare = { readonly type: Photo['type']; readonly bytes: Buffer }

/** A file of 2 MB may claim to be far more, which fills the memory of every browser that shows it. */
const MOST_PIXELS = 100_000_000
const isShowable = (width: number, height: number) => width > 0 && height > 0 && width * height <= MOST_PIXELS

/** Undefined: it is no JPEG, PNG or WebP that this walk understands. */
export function barePhoto(bytes: Buffer): Bare | undefined {
  const read = [['image/jpeg', bareJpeg] as const, ['image/png', barePng] as const, ['image/webp', bareWebp] as const]
  for (const [type, walk] of read) {
    const bare = walk(bytes)
    if (bare !== undefined) return { type, bytes: bare }
  }
  return undefined
}

/* ── JPEG (ITU T.81, Annex B): segments up to the scan, then scans and what stands between them ── */

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const ADOBE = 0xee
/** Frames, tables and restart intervals; APP14 says how colours are coded. */
const isKept = (marker: number) => (marker >= 0xc0 && marker <= 0xcf) || [0xdb, 0xdd, ADOBE].includes(marker)
/** Application data and comments, which are left out. */
const isLeftOut = (marker: number) => (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe
/** A frame says how large the picture is; tables of Huffman and arithmetic codes lie among its markers. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
const FRAME_BYTES = 8
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7
const ADOBE_BYTES = 14

function bareJpeg(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return undefined
  const parts: Uint8Array[] = [bytes.subarray(0, 2)]
  let frames = 0
  let scans = 0
  for (let at = 2; at + 2 <= bytes.length; ) {
    const marker = bytes[at + 1]!
    if (bytes[at] !== 0xff) return undefined
    if (marker === EOI)
      return frames > 0 && scans > 0 ? Buffer.concat([...parts, bytes.subarray(at, at + 2)]) : undefined
    if (at + 4 > bytes.length) return undefined
    const length = bytes.readUInt16BE(at + 2)
    const end = at + 2 + length
    if (length < 2 || end > bytes.length) return undefined
    if (isFrame(marker)) {
      if (length < FRAME_BYTES || !isShowable(bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5))) return undefined
      frames += 1
    }
    if (marker === SOS) {
      const scanEnd = endOfScan(bytes, end)
      if (scanEnd === undefined) return undefined
      parts.push(bytes.subarray(at, scanEnd))
      at = scanEnd
      scans += 1
      continue
    }
    // APP14 has a fixed length; a longer one carries something else.
    if (isKept(marker) && (marker !== ADOBE || length === ADOBE_BYTES)) parts.push(bytes.subarray(at, end))
    else if (!isLeftOut(marker)) return undefined
    at = end
  }
  return undefined
}

/** The place of the next marker behind coded data. */
function endOfScan(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 2))
    if (bytes[at + 1] !== 0 && !isRestart(bytes[at + 1]!)) return at
  return undefined
}

/* ── PNG (W3C): chunks of a length, a name, data and a checksum ── */

const PNG_HEAD = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** What is kept, and the most bytes of each: a longer one carries something else. */
const PNG_KEPT: Readonly<Record<string, number>> = {
  ...{ IHDR: 13, PLTE: 768, IDAT: 0xffff_ffff, IEND: 0, tRNS: 256, gAMA: 4, sRGB: 1 },
}

function barePng(bytes: Buffer): Buffer | undefined {
  if (!bytes.subarray(0, 8).equals(PNG_HEAD)) return undefined
  const parts: Uint8Array[] = [PNG_HEAD]
  let data = 0
  for (let at = 8; at + 12 <= bytes.length; ) {
    const name = bytes.toString('latin1', at + 4, at + 8)
    const length = bytes.readUInt32BE(at)
    const end = at + 12 + length
    if (end > bytes.length || !/^[A-Za-z]{4}$/.test(name) || (at === 8) !== (name === 'IHDR')) return undefined
    if (name === 'IHDR' && (length !== 13 || !isShowable(bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12))))
      return undefined
    if (name === 'IDAT') data += 1
    const most = PNG_KEPT[name]
    if (most !== undefined && length <= most) parts.push(bytes.subarray(at, end))
    // An upper-case name is needed to show the picture: one that is not known is no picture for us.
    else if (name[0] === name[0]!.toUpperCase()) return undefined
    if (name === 'IEND') return data > 0 ? Buffer.concat(parts) : undefined
    at = end
  }
  return undefined
}

/* ── WebP (RFC 9649): a RIFF of chunks, each padded to an even length ── */

const WEBP_KEPT = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH'])
/** In the flags of VP8X: colour profile, Exif, XMP. */
const WEBP_LEFT_OUT = 0b0010_1100
const WEBP_MOVING = 0b0000_0010

function bareWebp(bytes: Buffer): Buffer | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WEBP') return undefined
  const whole = bytes.readUInt32LE(4) + 8
  if (whole > bytes.length) return undefined
  const parts: Buffer[] = []
  for (let at = 12; at < whole; ) {
    if (at + 8 > whole) return undefined
    const name = bytes.toString('latin1', at, at + 4)
    const size = bytes.readUInt32LE(at + 4)
    const end = at + 8 + size + (size % 2)
    if (end > whole) return undefined
    const chunk = Buffer.from(bytes.subarray(at, end))
    if (name === 'VP8X') {
      if (size !== 10 || (chunk[8]! & WEBP_MOVING) !== 0) return undefined
      chunk[8]! &= ~WEBP_LEFT_OUT
    }
    if (!isShowableChunk(name, chunk.subarray(8))) return undefined
    if (WEBP_KEPT.has(name)) parts.push(chunk)
    at = end
  }
  if (!parts.some((chunk) => ['VP8 ', 'VP8L'].includes(chunk.toString('latin1', 0, 4)))) return undefined
  const body = Buffer.concat(parts)
  const head = Buffer.from('RIFF    WEBP', 'latin1')
  head.writeUInt32LE(body.length + 4, 4)
  return Buffer.concat([head, body])
}

/** Each of them says how large the picture is: VP8X in 24 bits, one less; VP8L in 14, one less; VP8 in 14. */
function isShowableChunk(name: string, body: Buffer): boolean {
  if (name === 'VP8X') return isShowable(body.readUIntLE(4, 3) + 1, body.readUIntLE(7, 3) + 1)
  if (name === 'VP8L') {
    if (body.length < 5 || body[0] !== 0x2f) return false
    const bits = body.readUInt32LE(1)
    return isShowable((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1)
  }
  if (name !== 'VP8 ') return true
  return body.length >= 10 && isShowable(body.readUInt16LE(6) & 0x3fff, body.readUInt16LE(8) & 0x3fff)
}
