/** The credential for the API of the gateways, fetched anew before it expires. Next: asking.ts, which sends it. */
import { asRecord } from '../faces/http-face.ts'

/** Shorter than any service token of a platform is good for. */
const GOOD_MS = 60_000
const ANSWER_MS = 5_000

/** Gives the header, or undefined without an address. Throws when the address gives none. */
export function createBearer(url: string | undefined, nowMs: () => number): () => Promise<string | undefined> {
  let known: { readonly header: Promise<string>; readonly untilMs: number } | undefined
  return async () => {
    if (url === undefined) return undefined
    if (known === undefined || nowMs() > known.untilMs) {
      const header = fetchToken(url)
      known = { header, untilMs: nowMs() + GOOD_MS }
      header.catch(() => {
        known = undefined
      })
    }
    return known.header
  }
}

async function fetchToken(url: string): Promise<string> {
  const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(ANSWER_MS) })
  const { token } = asRecord(await response.json()) ?? {}
  if (typeof token !== 'string') throw new Error(`${url} gives no token`)
  return `Bearer ${token}`
}
