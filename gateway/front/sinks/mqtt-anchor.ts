/**
 * Reads the newest checkpoint that the broker holds, on a connection of its own: the only thing the gateway ever takes
 * from its own topics. It is evidence against us, never a command.
 *
 * A broker may hide a message by its access list and say nothing: mosquitto grants the subscription all the same. So a
 * probe is published on the same topic, not retained, which changes nothing there; who may read the topic gets it back.
 * Read next: outside.ts (the caller).
 */
import { connect } from 'mqtt'
import { type ClientOptions, clientOptions } from './mqtt-connection.ts'
import { guardInbound } from './mqtt-inbound.ts'
import { refusal } from './mqtt-refusal.ts'

/** A broker sends a retained message right after the SUBACK; a busy one may take this long, ms. */
const RETAINED_MS = 3000
const MOST_CHARS = 10_000

export type Found =
  | { readonly kind: 'found'; readonly note: string }
  /** The topic can be read, and nothing is retained there. */
  | { readonly kind: 'nothing' }
  /** This user cannot read the topic, or not write it. */
  | { readonly kind: 'hidden'; readonly why: string }
  | { readonly kind: 'away'; readonly why: string }

/** A second topic, whose retained message counts before that of the first if `find` takes something from it. */
export type Beside = { readonly topic: string; find(text: string): string | undefined }

/** `probe`: the newest checkpoint of our own, or nothing; a reader of the topic cannot take it for anything else. */
export async function findCheckpoint(
  options: ClientOptions,
  topic: string,
  probe: string,
  withinMs: number,
  beside?: Beside,
): Promise<Found> {
  const client = connect(options.url, clientOptions({ ...options, clientId: `${options.clientId}-anchor` }))
  const { promise, resolve } = Promise.withResolvers<Found>()
  const away = (why: string) => resolve({ kind: 'away', why })
  const hidden = (why: string) => resolve({ kind: 'hidden', why: `${why}; ${advice(topic)}` })
  const timers = [setTimeout(() => away(`the broker did not answer within ${withinMs} ms`), withinMs)]
  let isAsked = false
  let isSeen = false
  guardInbound(client, away)
  client.on('error', (error) => away(refusal(error).message))
  client.on('close', () =>
    isAsked
      ? hidden(`the broker ended the connection at a message on ${topic}`)
      : away('the connection to the broker was lost'),
  )
  const ask = () =>
    client.subscribe(topic, { qos: 1 }, (refused) => {
      if (refused) return hidden(`the broker refuses the subscription to ${topic}`)
      isAsked = true
      client.publish(topic, probe, { qos: 1 }, (unwritten) => {
        if (unwritten) hidden(`the broker refuses a message on ${topic}`)
      })
      const none = () =>
        isSeen ? resolve({ kind: 'nothing' }) : hidden(`the broker shows this user nothing on ${topic}`)
      timers.push(setTimeout(none, Math.min(RETAINED_MS, withinMs * 0.6)))
    })
  // What a broker retains of the first topic comes before it answers for the second. One that hides it hides it.
  client.on('connect', () => (beside === undefined ? ask() : client.subscribe(beside.topic, { qos: 1 }, ask)))
  client.on('message', (from, payload, { retain }) => {
    const note = payload.subarray(0, MOST_CHARS).toString('utf8')
    const other = from === beside?.topic ? beside.find(note) : undefined
    if (other !== undefined) resolve({ kind: 'found', note: other })
    if (from !== topic) return
    if (retain || note !== probe) resolve({ kind: 'found', note })
    else isSeen = true
  })
  return promise.finally(() => {
    for (const timer of timers) clearTimeout(timer)
    client.end(true)
  })
}

const advice = (topic: string) =>
  `let it read and write that topic (mosquitto: "topic readwrite ${topic}" in its acl_file). Until then the checkpoint is not published`
