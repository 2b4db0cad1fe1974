/**
 * The server of a box that stands by, at the address where the gateway would listen. It is small, since it shares its
 * thread with what follows the active box: few connections, short requests, no body is read. It ends at once when this
 * box takes over. Read next: answer.ts (what it says), cli/run.ts (who starts it).
 */
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Logger } from 'pino'
import type { SiteConfig } from '../../../config/site.ts'
import type { StandBy } from '../../core/pair/stand-by.ts'
import { commonHeaders } from '../api/http/headers.ts'
import { openTls } from '../api/http/tls.ts'
import { answerOf } from './answer.ts'
import type { Box } from './box.ts'

const MOST_CONNECTIONS = 64
const REQUEST_MS = 5000
const MOST_HEADER_BYTES = 8192
const AGAIN_MS = 5000

type Options = Omit<Box, 'configurationId' | 'site'> & {
  readonly config: Pick<SiteConfig, 'site' | 'api' | 'configurationId'>
  readonly log: Logger
  standBy(): StandBy
}

/** `close` resolves when the address is free. */
export function serveStandBy({ config, version, instance, log, standBy }: Options): { close(): Promise<void> } {
  const { api, site, configurationId } = config
  const tls = openTls(api, log)
  const headers = commonHeaders(tls !== undefined)
  const own: Box = { site, version, instance, configurationId }
  let count = 0
  const answer: RequestListener = ({ method = '', url = '' }, response) => {
    count += 1
    const { status, headers: more, body } = answerOf(method, url, own, standBy(), `${instance}-${count}`)
    response.writeHead(status, { ...headers, ...more, 'content-length': Buffer.byteLength(body), connection: 'close' })
    response.end(method === 'HEAD' ? undefined : body)
  }
  const bounds = {
    ...{ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, connectionsCheckingInterval: REQUEST_MS / 2 },
    maxHeaderSize: MOST_HEADER_BYTES,
  }
  const server =
    tls === undefined ? createServer(bounds, answer) : createTlsServer({ ...tls.options, ...bounds }, answer)
  server.maxConnections = MOST_CONNECTIONS
  server.setTimeout(REQUEST_MS, (socket) => socket.destroy())
  const unwatch = tls?.watch(server)
  let timer: NodeJS.Timeout | undefined
  let isSaid = false
  /** Settled when the address is taken, or could not be. */
  let opening = listen()

  function listen(): Promise<void> {
    return new Promise((resolve) => {
      const opened = () => {
        server.off('error', refused)
        resolve()
      }
      const refused = ({ code }: NodeJS.ErrnoException) => {
        server.off('listening', opened)
        if (!isSaid) log.error({ why: code }, 'the address of the API is not free: this box could not take over')
        isSaid = true
        timer = setTimeout(() => {
          opening = listen()
        }, AGAIN_MS)
        resolve()
      }
      server.once('listening', opened).once('error', refused)
      server.listen({ host: api.host, port: api.port })
    })
  }
  server.on('error', (error) => log.debug({ err: error }, 'a connection could not be taken'))

  return {
    async close() {
      await opening
      clearTimeout(timer)
      unwatch?.()
      if (!server.listening) return
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
