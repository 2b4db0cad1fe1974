/**
 * Whether the bytes of a server are OPC UA frames, decided before the library sees them: the library reads what it was
 * promised without a look at what there is, and throws inside a socket handler. Headers are outside the security of OPC
 * UA, so anybody on the way can write them. Pure but for what it remembers of the frame under way.
 * Frames: OPC UA Part 6, 6.7.2 and 7.1.2. Read next: transport.ts.
 */

const HEADER = 8
/** Header, version, two buffer sizes, two limits. */
const ACK = 28
/** Header, status, length of the reason. */
const ERR = 16
const MAX_REASON = 4096
/** Header, channel, token, sequence number, request id. */
const MSG = 24
/** Header, channel, three lengths of the security header, sequence number, request id. */
const OPN = 32
/** What the library asks for in its hello; no server may send longer chunks. */
const MAX_CHUNK = 640 * 1024
/** Before the acknowledgement: nothing that long is due. */
const MAX_GREETING = 8192
/** The least a server may take; below 8192 only with curves that small devices use. */
const MIN_BUFFER = 1024
/** All chunks of one message: a thousand nodes with a kilobyte each. */
const MAX_MESSAGE = 1024 * 1024

/** Takes the bytes of a connection as they come; what is wrong with them, once. */
type FrameCheck = (bytes: Buffer) => string | undefined

type Progress = {
  /** The beginning of a frame, as far as it is looked at. */
  kept: Buffer
  /** Bytes of the frame that pass without a look. */
  passing: number
  acknowledged: boolean
  /** Length of the message whose chunks arrive. */
  messageLength: number
}

export function createFrameCheck(): FrameCheck {
  const progress: Progress = { kept: Buffer.alloc(0), passing: 0, acknowledged: false, messageLength: 0 }
  return (bytes) => {
    let rest = bytes
    while (rest.length > 0) {
      const skipped = Math.min(progress.passing, rest.length)
      progress.passing -= skipped
      rest = rest.subarray(skipped)
      if (rest.length === 0) return undefined
      const missing = lengthToKeep(progress.kept) - progress.kept.length
      progress.kept = Buffer.concat([progress.kept, rest.subarray(0, missing)])
      rest = rest.subarray(missing)
      const fault = progress.kept.length === HEADER ? headerFault(progress) : undefined
      if (fault !== undefined) return fault
      if (progress.kept.length < HEADER || progress.kept.length < lengthToKeep(progress.kept)) continue
      const bodyFault = take(progress)
      if (bodyFault !== undefined) return bodyFault
    }
    return undefined
  }
}

/** A greeting or an error is kept whole, since its body is looked at; of any other frame the header is enough. */
function lengthToKeep(kept: Buffer): number {
  return kept.length >= HEADER && isKept(typeOf(kept)) ? sizeOf(kept) : HEADER
}

const typeOf = (frame: Buffer) => frame.toString('latin1', 0, 3)
const sizeOf = (frame: Buffer) => frame.readUInt32LE(4)
const isKept = (type: string) => type === 'ACK' || type === 'ERR'

const SIZES: Record<string, { readonly least: number; readonly most: number; readonly chunks: string }> = {
  ACK: { least: ACK, most: ACK, chunks: 'F' },
  ERR: { least: ERR, most: ERR + MAX_REASON, chunks: 'F' },
  OPN: { least: OPN, most: MAX_CHUNK, chunks: 'F' },
  MSG: { least: MSG, most: MAX_CHUNK, chunks: 'FCA' },
  CLO: { least: MSG, most: MAX_CHUNK, chunks: 'F' },
}

function headerFault({ kept, acknowledged, messageLength }: Progress): string | undefined {
  const type = typeOf(kept)
  const rule = SIZES[type]
  const size = sizeOf(kept)
  if (!rule) return `a frame of no known type (${kept.toString('hex', 0, 4)})`
  if (!rule.chunks.includes(String.fromCharCode(kept[3]!))) return `a frame ${type} of no known chunk type`
  if (size < rule.least || size > rule.most) return `a frame ${type} of ${size} bytes`
  if (acknowledged ? type === 'ACK' : !isKept(type) || size > MAX_GREETING) return `a frame ${type} out of turn`
  if (messageLength + size > MAX_MESSAGE) return `a message of more than ${MAX_MESSAGE} bytes`
  return undefined
}

/** The frame at hand is complete, or may pass. */
function take(progress: Progress): string | undefined {
  const { kept } = progress
  const size = sizeOf(kept)
  progress.kept = Buffer.alloc(0)
  progress.passing = size - kept.length
  progress.messageLength = kept[3] === CONTINUES ? progress.messageLength + size : 0
  if (typeOf(kept) === 'ERR') return errorFault(kept)
  if (typeOf(kept) !== 'ACK') return undefined
  progress.acknowledged = true
  const [receives, sends] = [kept.readUInt32LE(12), kept.readUInt32LE(16)]
  const isFit = (buffer: number) => buffer >= MIN_BUFFER && buffer <= MAX_CHUNK
  return isFit(receives) && isFit(sends)
    ? undefined
    : `an acknowledgement with buffers of ${receives} and ${sends} bytes`
}

const CONTINUES = 'C'.charCodeAt(0)

function errorFault(frame: Buffer): string | undefined {
  const reason = frame.readInt32LE(12)
  return Math.max(reason, 0) === frame.length - ERR && reason >= -1
    ? undefined
    : `an error with a reason of ${reason} bytes`
}
