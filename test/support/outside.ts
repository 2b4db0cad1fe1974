/** What is held outside of a gateway as evidence against it: what its broker retains. */
import { findCheckpoint } from '../../gateway/front/sinks/mqtt-anchor.ts'
import type { Api } from './gateway-api.ts'
import { until } from './process.ts'

const client = { version: 5, clientId: 'outside', keepaliveMs: 15_000, window: 1, ackTimeoutMs: 5000 } as const

/** Waits until the end of a session is signed, and the broker at `url` holds the newest checkpoint. */
export async function untilAnchored(url: string, site: string, api: Api, session: string, token: string) {
  const signed = async () => (await api.call('GET', `/sessions/${session}/receipt`, { token })).status === 200
  await until(signed, 15_000, 'the session is not signed')
  const held = async () => {
    const newest = await (await fetch(`${api.url}/v1/ledger/checkpoint`)).text()
    const found = await findCheckpoint({ url, ...client }, `latchkey/v1/${site}/checkpoint`, '', 5000)
    return found.kind === 'found' && found.note === newest
  }
  await until(held, 30_000, 'the newest checkpoint is not at the broker')
}

/** Waits until the broker at `url` holds the word of a log that another one has taken its place. */
export async function untilSuperseded(url: string, site: string) {
  const held = async () =>
    (await findCheckpoint({ url, ...client }, `latchkey/v1/${site}/superseded`, '', 5000)).kind === 'found'
  await until(held, 30_000, 'the word of the log before is not at the broker')
}
