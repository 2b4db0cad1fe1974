/** What is left of a photo: its pixels, and nothing else that is in the file. */
import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { barePhoto } from '../../../../gateway/front/api/photos/pixels.ts'

const SECRET = 'N25 51.2 E114 55.8'
const segment = (marker: number, body: Buffer) =>
  Buffer.concat([Buffer.from([0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255]), body])
const SOI = Buffer.from([0xff, 0xd8])
const EOI = Buffer.from([0xff, 0xd9])
const coded = Buffer.from([1, 2, 0xff, 0, 3, 0xff, 0xd0, 4])
const frame = segment(0xc0, Buffer.alloc(15, 7))
const scan = Buffer.concat([segment(0xda, Buffer.alloc(10, 1)), coded])
const exif = segment(0xe1, Buffer.from(`Exif\0\0${SECRET}`))
const adobe = segment(0xee, Buffer.from('Adobe\0d\0\0\0\0\0'))
const jpeg = (...parts: Buffer[]) => Buffer.concat([SOI, ...parts])

const chunk = (name: string, body: Buffer) => {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.length)
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, body, Buffer.alloc(4)])
}
const size = (width: number, height: number) => {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width)
  head.writeUInt32BE(height, 4)
  return head
}
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const [ihdr, idat, iend] = [
  chunk('IHDR', size(640, 480)),
  chunk('IDAT', deflateSync(Buffer.alloc(5))),
  chunk('IEND', Buffer.alloc(0)),
]
const png = (...parts: Buffer[]) => Buffer.concat([PNG, ...parts])

const riff = (name: string, body: Buffer) => {
  const head = Buffer.alloc(8)
  head.write(name, 0, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}
const webp = (...parts: Buffer[]) => riff('RIFF', Buffer.concat([Buffer.from('WEBP'), ...parts]))
const flags = (bits: number) => riff('VP8X', Buffer.from([bits, 0, 0, 0, 1, 0, 0, 1, 0, 0]))
const vp8 = riff('VP8 ', Buffer.from([1, 2, 3, 0x9d, 1, 0x2a, 64, 0, 64, 0, 9]))
const lossless = riff('VP8L', Buffer.from([0x2f, 63, 0xc0, 0x0f, 0, 9]))

describe('a photo', () => {
  it.each<[string, Buffer, Buffer]>([
    [
      'JPEG with Exif, a comment and a preview behind it',
      jpeg(exif, segment(0xfe, Buffer.from(SECRET)), frame, scan, EOI, Buffer.from(SECRET)),
      jpeg(frame, scan, EOI),
    ],
    ['JPEG whose colours Adobe says', jpeg(adobe, frame, scan, EOI), jpeg(adobe, frame, scan, EOI)],
    [
      'JPEG that hides text as Adobe',
      jpeg(segment(0xee, Buffer.from(SECRET)), frame, scan, EOI),
      jpeg(frame, scan, EOI),
    ],
    [
      'JPEG of several scans',
      jpeg(frame, scan, segment(0xc4, Buffer.alloc(4)), exif, scan, EOI),
      jpeg(frame, scan, segment(0xc4, Buffer.alloc(4)), scan, EOI),
    ],
    [
      'PNG with Exif and text',
      png(
        ihdr,
        chunk('eXIf', Buffer.from(SECRET)),
        chunk('tEXt', Buffer.from(SECRET)),
        idat,
        iend,
        Buffer.from(SECRET),
      ),
      png(ihdr, idat, iend),
    ],
    [
      'WebP with Exif and XMP',
      webp(flags(0b101100), vp8, riff('EXIF', Buffer.from(SECRET)), riff('XMP ', Buffer.from(SECRET))),
      webp(flags(0), vp8),
    ],
    ['WebP without more', webp(vp8), webp(vp8)],
    ['WebP without loss', webp(lossless), webp(lossless)],
    [
      'PNG that hides text as colours',
      png(ihdr, chunk('sRGB', Buffer.from(SECRET)), idat, iend),
      png(ihdr, idat, iend),
    ],
  ])('%s: its pixels alone are left', (_, given, left) => {
    const bare = barePhoto(given)
    expect(bare?.bytes.toString('hex')).toBe(left.toString('hex'))
    expect(bare?.bytes.includes(SECRET)).toBe(false)
    // What was made bare stays as it is.
    expect(barePhoto(bare!.bytes)?.bytes.equals(bare!.bytes)).toBe(true)
  })

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['a JPEG that is cut short', jpeg(frame, scan)],
    ['a JPEG without a scan', jpeg(frame, EOI)],
    ['a JPEG with a length beyond its end', jpeg(Buffer.from([0xff, 0xc0, 0xff, 0xff, 1]))],
    ['a JPEG with an unknown segment', jpeg(segment(0x02, Buffer.alloc(4)), frame, scan, EOI)],
    ['a PNG without an end', png(ihdr, idat)],
    ['a PNG that begins with something else', png(idat, ihdr, iend)],
    ['a PNG with a part that is needed and not known', png(ihdr, chunk('XYZW', Buffer.alloc(1)), idat, iend)],
    ['a PNG with a length beyond its end', png(ihdr, Buffer.from([255, 255, 255, 255, 73, 68, 65, 84, 0, 0, 0, 0]))],
    ['a PNG without a picture', png(ihdr, iend)],
    ['a PNG of nothing', png(chunk('IHDR', size(0, 480)), idat, iend)],
    ['a PNG that claims ten thousand million pixels', png(chunk('IHDR', size(100_000, 100_000)), idat, iend)],
    ['a JPEG that claims as many as it can', jpeg(segment(0xc0, Buffer.alloc(15, 0xff)), scan, EOI)],
    ['a JPEG that does not say how large it is', jpeg(scan, EOI)],
    ['a WebP that claims as many as it can', webp(riff('VP8 ', Buffer.alloc(10, 0xff)))],
    ['a WebP without loss that claims as many', webp(riff('VP8L', Buffer.from([0x2f, 255, 255, 255, 15])))],
    [
      'a WebP with a canvas of as many',
      webp(riff('VP8X', Buffer.from([0, 0, 0, 0, 255, 255, 255, 255, 255, 255])), vp8),
    ],
    ['a WebP that moves', webp(flags(0b10), riff('ANIM', Buffer.alloc(6)), vp8)],
    ['a WebP without a picture', webp(flags(0))],
    ['a WebP longer than it is', Buffer.concat([Buffer.from('RIFF\xff\xff\xff\x00WEBP', 'latin1'), vp8])],
  ])('%s is none', (_, given) => expect(barePhoto(given)).toBeUndefined())
})
