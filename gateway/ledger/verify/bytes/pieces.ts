/**
 * Lines out of pieces that come one after another, in a buffer of our own. The byte before each line is free: it was
 * the newline of the line before, and whoever hashes the line may write over it.
 * Pure. Read next: ledger/verify/bundle-check.ts.
 */
import { type Lines, newLines } from './lines.ts'

const NEWLINE = 0x0a
const FIRST_BYTES = 1_179_648

type Pieces = {
  buffer: Lines
  /** Bytes of a line whose end has not come yet; they stand from 1 on. */
  kept: number
}

export const newPieces = (): Pieces => ({ buffer: newLines(FIRST_BYTES), kept: 0 })

/** A line from `start` up to `stop`, without its newline; false ends the reading. */
type TakeLine = (lines: Lines, start: number, stop: number) => boolean

export function pushPiece(pieces: Pieces, piece: Uint8Array, takeLine: TakeLine): void {
  const shift = 1 + pieces.kept
  const used = shift + piece.length
  makeRoom(pieces, used)
  const { buffer } = pieces
  buffer.bytes.set(piece, shift)
  let start = 1
  // The newline is looked for in the piece itself, because a Buffer finds it faster.
  for (let stop = piece.indexOf(NEWLINE); stop >= 0; stop = piece.indexOf(NEWLINE, start - shift)) {
    const goesOn = takeLine(buffer, start, shift + stop)
    start = shift + stop + 1
    if (!goesOn) break
  }
  buffer.bytes.copyWithin(1, start, used)
  pieces.kept = used - start
}

function makeRoom(pieces: Pieces, bytes: number): void {
  if (bytes <= pieces.buffer.bytes.length) return
  const larger = newLines(bytes)
  larger.bytes.set(pieces.buffer.bytes.subarray(0, 1 + pieces.kept))
  pieces.buffer = larger
}
