/**
 * Revocation lists that are pulled: fetched from the platform every so often, verified like a list that is pushed, and
 * handed to the control thread. A failure is logged once, until the pull works again; the list that is known stays.
 */
import type { Refusal } from '../../../core/ground/refusal.ts'
import { download, whyNot } from '../../download.ts'
import type { Api } from '../api.ts'
import { MAX_LIST_BYTES } from '../caller/token.ts'

const FETCH_TIMEOUT_MS = 10_000

type Source = { readonly url: string; readonly everyMs: number }

export function pullRevocations({ url, everyMs }: Source, api: Api): { start(): void; stop(): void } {
  const stopped = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let trouble: string | undefined
  /** The text of the list that was taken last: the same text again is no work for the control thread. */
  let taken: string | undefined

  async function pull(): Promise<void> {
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
    const bytes = await download({ url, signal, maxBytes: MAX_LIST_BYTES, fetch: api.fetch ?? fetch })
    const text = Buffer.from(bytes).toString('latin1').trim()
    if (text === taken) return
    const read = await api.readList(text)
    if (read.kind === 'refused') throw new Error(inWords(read.refusal))
    const { list } = read
    const principal = { role: 'platform', id: 'pull', issuer: list.issuer } as const
    const outcome = await api.ask({ kind: 'put-revocations', principal, list })
    if (outcome.kind === 'refused') throw new Error(inWords(outcome.refusal))
    taken = text
  }

  async function again(): Promise<void> {
    try {
      await pull()
      if (trouble !== undefined) api.log.info('the revocation list is pulled again')
      trouble = undefined
      api.contacted?.()
    } catch (error) {
      if (stopped.signal.aborted) return
      const why = whyNot(error)
      if (why !== trouble) api.log.warn({ why }, 'the revocation list could not be pulled')
      trouble = why
    }
    if (!stopped.signal.aborted) timer = setTimeout(() => void again(), everyMs)
  }

  return {
    start: () => void again(),
    stop() {
      stopped.abort()
      clearTimeout(timer)
    },
  }
}

const inWords = ({ code, detail }: Refusal) => (detail === undefined ? code : `${code}: ${detail}`)
