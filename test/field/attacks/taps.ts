/**
 * What a gateway tells the outside, as it comes out: everything a broker gets, and every line that InfluxDB is asked to
 * store. Each is judged when it comes; only what is wrong is kept. Read next: well-formed.ts.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connectAsync } from 'mqtt'
import type { Scope } from '../../support/proof.ts'
import { jsonFault, lineFault, valuesFault } from './well-formed.ts'

export type Tap = { readonly count: number; readonly faults: readonly string[] }
const MOST_FAULTS = 20

export async function tapBroker(scope: Scope, url: string): Promise<Tap> {
  const tap = { count: 0, faults: [] as string[] }
  const client = await connectAsync(url)
  scope.defer(() => client.endAsync(true))
  client.on('message', (topic, payload) => {
    tap.count += 1
    const text = payload.toString('utf8')
    const isNote = topic.endsWith('/checkpoint') || text === ''
    // What a device says is its own: any text, as a value.
    const judge = topic.endsWith('/signals') ? valuesFault : jsonFault
    const fault =
      (/^[A-Za-z0-9_/-]{1,200}$/.test(topic) ? undefined : `topic ${JSON.stringify(topic)}`) ??
      (Buffer.from(text).equals(payload) ? undefined : 'a payload that is no UTF-8') ??
      (isNote ? undefined : judge(text))
    if (fault !== undefined && tap.faults.length < MOST_FAULTS) tap.faults.push(`${topic}: ${fault}`)
  })
  await client.subscribeAsync('#')
  return tap
}

/** Stands in for InfluxDB: takes everything. */
export async function tapInflux(scope: Scope): Promise<Tap & { readonly url: string }> {
  const tap = { count: 0, faults: [] as string[], url: '' }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    for (const line of Buffer.concat(chunks)
      .toString('utf8')
      .split('\n')
      .filter((each) => each !== '')) {
      tap.count += 1
      const fault = lineFault(line)
      if (fault !== undefined && tap.faults.length < MOST_FAULTS) tap.faults.push(fault)
    }
    response.writeHead(204, { 'x-influxdb-version': '1.8.10' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.defer(() => server.close())
  tap.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return tap
}
