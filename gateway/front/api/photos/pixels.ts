/**
 * A photo without anything but what shows its pixels: places, times, devices, previews and whatever else is in it are
 * left out, and a file that is not strictly of its format is refused. Pixels are not looked at or changed; a picture
 * that was only turned by its metadata stands as the camera held it. Pure.
 * Read next: front/api/machines/reports.ts.
 */
import type { Photo } from '../../../core/session/report.ts'

type Bare = { readonly type: Photo['type']; readonly bytes: Buffer }

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
const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7
const ADOBE_BYTES = 14

function bareJpeg(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return undefined
  const parts: Uint8Array[] = [bytes.subarray(0, 2)]
  let scans = 0
  for (let at = 2; at + 2 <= bytes.length; ) {
    const marker = bytes[at + 1]!
    if (bytes[at] !== 0xff) return undefined
    if (marker === EOI) return scans > 0 ? Buffer.concat([...parts, bytes.subarray(at, at + 2)]) : undefined
    if (at + 4 > bytes.length) return undefined
    const length = bytes.readUInt16BE(at + 2)
    const end = at + 2 + length
    if (length < 2 || end > bytes.length) return undefined
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
const PNG_KEPT = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'gAMA', 'sRGB'])

function barePng(bytes: Buffer): Buffer | undefined {
  if (!bytes.subarray(0, 8).equals(PNG_HEAD)) return undefined
  const parts: Uint8Array[] = [PNG_HEAD]
  for (let at = 8; at + 12 <= bytes.length; ) {
    const name = bytes.toString('latin1', at + 4, at + 8)
    const end = at + 12 + bytes.readUInt32BE(at)
    if (end > bytes.length || !/^[A-Za-z]{4}$/.test(name) || (at === 8) !== (name === 'IHDR')) return undefined
    if (PNG_KEPT.has(name)) parts.push(bytes.subarray(at, end))
    // An upper-case name is needed to show the picture: one that is not known is no picture for us.
    else if (name[0] === name[0]!.toUpperCase()) return undefined
    if (name === 'IEND') return Buffer.concat(parts)
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
    if (WEBP_KEPT.has(name)) parts.push(chunk)
    at = end
  }
  if (!parts.some((chunk) => ['VP8 ', 'VP8L'].includes(chunk.toString('latin1', 0, 4)))) return undefined
  const body = Buffer.concat(parts)
  const head = Buffer.from('RIFF    WEBP', 'latin1')
  head.writeUInt32LE(body.length + 4, 4)
  return Buffer.concat([head, body])
}
