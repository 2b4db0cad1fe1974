/**
 * What a broker may send to a client that asks for next to nothing. The library gathers a packet of any size before it
 * looks at it, so the bytes are counted as they come. A broker that breaks a bound loses the connection, no more.
 * Read next: mqtt-connection.ts and mqtt-anchor.ts (the callers).
 */
import type { MqttClient } from 'mqtt'

/** The largest packet we take, bytes: an acknowledgement with all its properties, or a retained checkpoint. */
export const MOST_INBOUND = 65_536
/** Packets more than we have sent; and how far a flow without acknowledgements counts in the broker's favour. */
const MOST_UNASKED = 64
const MOST_CREDIT = 128

/** Calls `onBreach` at most once, with what the broker did. Of a client that has just been made. */
export function guardInbound(client: MqttClient, onBreach: (what: string) => void): void {
  let unread = 0
  let unasked = 0
  const breach = (what: string) => {
    client.stream.off('data', count)
    onBreach(what)
  }
  function count(chunk: Buffer): void {
    unread += chunk.length
    if (unread > MOST_INBOUND) breach(`the broker sent a packet of more than ${MOST_INBOUND} bytes`)
  }
  client.stream.on('data', count)
  client.on('packetsend', () => {
    unasked = Math.max(-MOST_CREDIT, unasked - 1)
  })
  client.on('packetreceive', () => {
    unread = 0
    unasked += 1
    if (unasked === MOST_UNASKED) breach('the broker sends what nobody asked for')
  })
}
