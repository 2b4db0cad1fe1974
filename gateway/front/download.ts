/**
 * Answers of other hosts over HTTP: bounded in size while they are read, so that an answer without an end ends nothing
 * here. A redirect is an error where a document is fetched. Time is the caller's bound.
 */

type Download = {
  readonly url: string
  readonly maxBytes: number
  /** Ends the wait for the answer, and for its bytes. */
  readonly signal: AbortSignal
  readonly accept?: string
  readonly fetch: typeof fetch
}

/** Rejects when it is not answered with 200, or is larger than allowed. */
export async function download({ url, maxBytes, signal, accept = '*/*', ...how }: Download): Promise<Uint8Array> {
  const response = await how.fetch(url, { redirect: 'manual', signal, headers: { accept } })
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw new Error(
      response.status >= 300 && response.status < 400
        ? `it was answered with ${response.status}, a redirect: give the address that it leads to`
        : `it was answered with ${response.status}`,
    )
  }
  const bytes = await readBounded(response.body, maxBytes)
  if (bytes === undefined) throw new Error('it is too large')
  return bytes
}

/** Undefined when there is more; the rest is not read. */
export async function readBounded(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Why a document could not be had: the cause, which helps; never the address, which may hold a password. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return 'it could not be asked'
  if (error.name === 'TimeoutError') return 'it did not answer in time'
  const cause = error.cause instanceof Error ? error.cause : error
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}
