/**
 * Registers of a device through the gateway that runs on the same data folder, with the key of a technician. The
 * gateway bounds how much is read (`bounds.benchPerMinute`). Read next: front/api/bench/registers.ts.
 */
import type { Point } from '../../../adapters/adapter.ts'
import type { SiteConfig } from '../../../config/site.ts'
import type { RegistersRead } from '../../core/command/outcome.ts'
import type { Reading, ReadingCause } from '../../core/reading/reading.ts'
import type { Gateway } from '../gateway-client.ts'
import { type BenchLink, refused } from './ground.ts'

const BLOCKS_PER_CALL = 16
const ANY_HOST = ['0.0.0.0', '::', '[::]']

export function throughGateway({ gateway, url }: { gateway: Gateway; url: string }, link: string): BenchLink {
  return {
    where: `${link}, through the gateway at ${url}`,
    async read(points) {
      const readings: Reading[] = []
      for (let at = 0; at < points.length; at += BLOCKS_PER_CALL)
        readings.push(...(await readSome(gateway, link, points.slice(at, at + BLOCKS_PER_CALL))))
      return readings
    },
    close: () => Promise.resolve(),
  }
}

/** Where the gateway of a site listens, as it is reached from this host. */
export function gatewayUrl({ api: { host, port, tls } }: SiteConfig): string {
  const near = ANY_HOST.includes(host) ? '127.0.0.1' : host
  return `${tls === undefined ? 'http' : 'https'}://${near.includes(':') ? `[${near}]` : near}:${port}`
}

export function keyFor({ dataDir }: SiteConfig, key: string | undefined): string {
  if (key !== undefined) return key
  throw refused(
    `a gateway runs on ${dataDir} and is asked in its place: give the key of a technician with --key, or LATCHKEY_KEY in the environment`,
  )
}

async function readSome(gateway: Gateway, link: string, points: readonly Point[]): Promise<Reading[]> {
  const { unit } = points[0]!.device as { readonly unit: number }
  const blocks = points.map(({ address }) => {
    const { table, address: start, count } = address as Record<string, unknown>
    return { table, start, count }
  })
  const answer = await gateway<{ blocks: readonly RegistersRead[] }>('POST', '/bench/registers', {
    link,
    unit,
    blocks,
  }).catch((error: Error) => {
    throw refused(error.message)
  })
  return answer.blocks.map(({ words, cause, detail }, at) => readingOf(points[at]!.id, words, cause, detail))
}

function readingOf(
  point: string,
  words: readonly number[] | undefined,
  cause: string | undefined,
  detail: string | undefined,
): Reading {
  const at = { readAtMs: Date.now(), readAtNs: process.hrtime.bigint() }
  if (words !== undefined) return { point, quality: 'good', value: words, ...at }
  return { point, quality: 'bad', cause: cause as ReadingCause, ...(detail === undefined ? {} : { detail }), ...at }
}
