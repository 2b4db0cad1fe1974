/**
 * Frames of OPC UA that no server should send: not the protocol, lies about their length, parts that are missing.
 * Read next: opcua-behaviours.ts (when they are sent).
 */

/** A frame that says it is `size` bytes long, whatever it is. */
export function frame(type: string, size: number, ...words: number[]): Buffer {
  const bytes = Buffer.alloc(8 + 4 * words.length)
  bytes.write(type, 'latin1')
  bytes.writeUInt32LE(size, 4)
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word >>> 0, 8 + 4 * index)
  return bytes
}

export const ack = (receives: number, sends: number) => frame('ACKF', 28, 0, receives, sends, 0, 0)
export const BAD = 0x80020000
export const MOST = 0x7fffffff

/** The four that once ended the gateway, and their kind. */
export const FRAMES: readonly (readonly [string, Buffer])[] = [
  ['an error of a header alone', frame('ERRF', 8)],
  ['an error without its reason', frame('ERRF', 12, BAD)],
  ['an error with a reason of 2 GiB', frame('ERRF', 16, BAD, MOST)],
  ['chunks of 4 GiB', Buffer.concat([frame('MSGF', 0xfffffff0, 1, 1), Buffer.alloc(64)])],
  ['an error with a reason of a negative length', frame('ERRF', 16, BAD, -2)],
  ['an error with less reason than it says', frame('ERRF', 20, BAD, 8, 0)],
  ['an error with more reason than it says', frame('ERRF', 24, BAD, 4, 0, 0)],
  ['an error of 4 GiB', frame('ERRF', 0xffffffff, BAD, MOST)],
  ['an error in chunks', frame('ERRC', 16, BAD, -1)],
  ['an error of less than a header', frame('ERRF', 7)],
  ['a message of less than a header', frame('MSGF', 0)],
  ['a message of a header alone', frame('MSGF', 8)],
  ['a message without a sequence', frame('MSGF', 16, 1, 1)],
  ['a message of an unknown chunk type', frame('MSGX', 24, 1, 1, 1, 1)],
  ['a message that is given up, and short', frame('MSGA', 12, 1)],
  ['an open of a header alone', frame('OPNF', 8)],
  ['an open without a security header', frame('OPNF', 12, 1)],
  ['an open in chunks', frame('OPNC', 32, 1, 0, 0, 0, 0, 0)],
  ['a close of a header alone', frame('CLOF', 8)],
  ['a hello', frame('HELF', 32, 0, 8192, 8192, 0, 0, 0)],
  ['a reverse hello', frame('RHEF', 16, 0, 0)],
  ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['a Modbus answer', Buffer.from([0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 7])],
  ['an MQTT answer', Buffer.from([0x20, 2, 0, 5, 0, 0, 0, 0])],
  ['zeros', Buffer.alloc(64)],
  ['ones', Buffer.alloc(64, 0xff)],
]

/** As an answer to the hello alone. */
export const GREETINGS: readonly (readonly [string, Buffer])[] = [
  ['an acknowledgement without buffers', ack(0, 0)],
  ['an acknowledgement that sends nothing', ack(8192, 0)],
  ['an acknowledgement that takes nothing', ack(0, 8192)],
  ['an acknowledgement with buffers of 4 GiB', ack(0xffffffff, 0xffffffff)],
  ['an acknowledgement of a header alone', frame('ACKF', 8)],
  ['an acknowledgement that is short', frame('ACKF', 24, 0, 8192, 8192, 0)],
  ['an acknowledgement that is long', frame('ACKF', 32, 0, 8192, 8192, 0, 0, 0)],
  ['an acknowledgement in chunks', frame('ACKC', 28, 0, 8192, 8192, 0, 0)],
  ['a message before it is due', frame('MSGF', 24, 1, 1, 1, 1)],
]
