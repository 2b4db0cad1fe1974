/** An answer on its way to its reader, over HTTP/1.1 or as a stream of HTTP/2. Read next: connections.ts. */
import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'

export type Answer = ServerResponse | ServerHttp2Stream

/** The object that stands for an answer of HTTP/2 knows less of itself than its stream does. */
export const answerOf = (response: ServerResponse | Http2ServerResponse): Answer =>
  'stream' in response ? response.stream : response

export const isOpen = ({ closed }: Answer) => !closed

/** All of it is made, or no more is made before the reader takes some. */
export const waitsForReader = ({ writableEnded, writableNeedDrain }: Answer) => writableEnded || writableNeedDrain

/** It goes on as long as its reader wants. */
export function isEventStream(answer: Answer): boolean {
  const type = 'sentHeaders' in answer ? answer.sentHeaders?.['content-type'] : answer.getHeader('content-type')
  return String(type ?? '').startsWith('text/event-stream')
}
