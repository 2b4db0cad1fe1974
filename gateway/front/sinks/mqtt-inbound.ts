/**
 * What a broker may send to a client that asks for next to nothing. The library gathers a packet of any size before it
 * looks at it, and works through all that came at once before anything else in the thread; so packets are counted, and
 * their lengths read, as the bytes come. A broker that breaks a bound loses the connection, no more.
 * Read next: mqtt-connection.ts and mqtt-anchor.ts (the callers).
 */
import type { MqttClient } from 'mqtt'

/** The largest packet we take, bytes: an acknowledgement with all its properties, or a retained checkpoint. */
export const MOST_INBOUND = 65_536
/** Packets more than we have sent; and how far a flow without acknowledgements counts in the broker's favour. */
const MOST_UNASKED = 64
const MOST_CREDIT = 128

export type Inbound = {
  /** So many packets that the broker answers have left beside those of the library. */
  asked(packets: number): void
}

/** Calls `onBreach` at most once, with what the broker did. Of a client that has just been made. */
export function guardInbound(client: MqttClient, onBreach: (what: string) => void): Inbound {
  const read = createFraming()
  let unasked = 0
  function judge(chunk: Buffer): void {
    const { packets, length } = read(chunk)
    unasked += packets
    if (length <= MOST_INBOUND && unasked < MOST_UNASKED) return
    client.stream.off('data', judge)
    // The library has this chunk next: the first byte of such a one ends its parsing.
    chunk.fill(0xff)
    const large = `the broker sent a packet of more than ${MOST_INBOUND} bytes`
    onBreach(length > MOST_INBOUND ? large : 'the broker sends what nobody asked for')
  }
  client.stream.prependListener('data', judge)
  const asked = (packets: number) => {
    unasked = Math.max(-MOST_CREDIT, unasked - packets)
  }
  client.on('packetsend', () => asked(1))
  return { asked }
}

/** Of each chunk: how many packets begin in it, and the longest that one says it is (MQTT 5 §1.5.5, §2.1). */
function createFraming(): (chunk: Buffer) => { readonly packets: number; readonly length: number } {
  /** Bytes of the packet under way; of its length, what was read, and by how much the next byte counts. */
  let left = 0
  let field: { value: number; times: number } | undefined
  return (chunk) => {
    let packets = 0
    let length = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!
      if (left > 0) {
        const skipped = Math.min(left, chunk.length - at)
        left -= skipped
        at += skipped - 1
      } else if (field === undefined) {
        packets += 1
        field = { value: 0, times: 1 }
      } else {
        field.value += (byte & 0x7f) * field.times
        field.times *= 0x80
        length = Math.max(length, field.value)
        if (byte < 0x80) {
          left = field.value
          field = undefined
        }
      }
    }
    return { packets, length }
  }
}
