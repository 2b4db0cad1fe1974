/**
 * A primary host as a stranger would write one: it says that it is there, keeps every message as it came, and has them
 * read by a decoder that `protoc` makes of the definitions. It knows no code of the gateway.
 */
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'mqtt'
import { runProcess } from '../../../support/process.ts'
import type { Scope } from '../../../support/proof.ts'

const HERE = new URL('.', import.meta.url).pathname
/** Of the system: the decoder is one of its packages. */
const PYTHON = '/usr/bin/python3'

export type Metric = {
  readonly name: string
  readonly field: string | null
  readonly value: string | boolean | number | null
  readonly null: boolean
  readonly type: number | null
  readonly atMs: number
  readonly historical: boolean
  readonly properties: Readonly<Record<string, unknown>>
}

type Decoded = {
  readonly seq: number | null
  readonly atMs: number | null
  readonly metrics: readonly Metric[]
  readonly whole: boolean
}

/** `payload`: the bytes. */
export type Heard = Decoded & {
  readonly payload: Buffer
  readonly type: string
  readonly device?: string
  readonly qos: number
  readonly retain: boolean
}

export type Host = {
  /** So far, by type. */
  count(type: string): number
  /** Asks for the births. */
  rebirth(): Promise<void>
  heard(): Promise<Heard[]>
}

export type Decoder = (payloads: readonly Uint8Array[]) => Promise<Decoded[]>

export async function compileDecoder({ folder }: Scope): Promise<Decoder> {
  copyFileSync(join(HERE, 'sparkplug_b.proto'), join(folder, 'sparkplug_b.proto'))
  await runProcess('protoc', [`--proto_path=${folder}`, `--python_out=${folder}`, 'sparkplug_b.proto'])
  return async (payloads) => {
    const lines = payloads.map((payload) => Buffer.from(payload).toString('base64'))
    const file = join(folder, 'payloads')
    writeFileSync(file, lines.join('\n'))
    const said = await runProcess(PYTHON, ['-B', join(HERE, 'decode.py'), folder, file])
    return said
      .split('\n')
      .slice(0, payloads.length)
      .map((line) => JSON.parse(line) as Decoded)
  }
}

type Place = { readonly url: string; readonly group: string; readonly node: string; readonly host: string }

export function startHost(scope: Scope, { url, group, node, host }: Place, decode: Decoder): Host {
  const raw: Omit<Heard, keyof Decoded>[] = []
  const state = (online: boolean) => JSON.stringify({ online, timestamp: Date.now() })
  const topic = `spBv1.0/STATE/${host}`
  const client = connect(url, { protocolVersion: 5, reconnectPeriod: 100 })
  scope.defer(() => client.endAsync(true))
  client.on('error', () => undefined)
  client.on('connect', () => {
    // It hears before it is heard, so that no birth passes it by.
    client.subscribe(`spBv1.0/${group}/#`, () => client.publish(topic, state(true), { qos: 1, retain: true }))
  })
  client.on('message', (at, payload, { qos, retain }) => {
    const [, , type = '', , device] = at.split('/')
    if (type !== 'NCMD') raw.push({ type, ...(device !== undefined && { device }), qos, retain, payload })
  })
  return {
    count: (type) => raw.filter((message) => message.type === type).length,
    async rebirth() {
      // A metric with a name and a Boolean: fields 1, 4 and 14 of field 2.
      const name = Buffer.from('Node Control/Rebirth')
      const metric = Buffer.concat([Buffer.from([0x0a, name.length]), name, Buffer.from([0x20, 11, 0x70, 1])])
      const payload = Buffer.concat([Buffer.from([0x12, metric.length]), metric])
      await client.publishAsync(`spBv1.0/${group}/NCMD/${node}`, payload)
    },
    async heard() {
      const kept = [...raw]
      const decoded = await decode(kept.map(({ payload }) => payload))
      return kept.map((message, index) => ({ ...message, ...decoded[index]! }))
    },
  }
}
