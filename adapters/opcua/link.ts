/**
 * OPC UA behind the adapter seam: one session to one endpoint, nodes by namespace URI, a status for every item.
 * It repairs no connection, repeats no request and lets the library repeat none. Loaded only when a site uses OPC UA.
 * Read next: connection.ts (requests), services.ts (what they mean), subscription.ts and explore.ts (what is not
 * polled).
 */
import type { WriteResponse } from 'node-opcua-client'
import { DAY_MS } from '../../gateway/core/ground/moment.ts'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import { type Adapter, type Block, type Link, type LinkDeps, LinkError, notConnected, type Point } from '../adapter.ts'
import { settled } from '../deadline.ts'
import { type Connection, connect } from './connection.ts'
import { browse, call } from './explore.ts'
import { type OpcuaOptions, opcuaAddress, opcuaDevice, opcuaOptions } from './options.ts'
import { reachable, wasUnreachable } from './reachable.ts'
import { createLive, type How, type Live, readPoints } from './read.ts'
import { warnOfEnd } from './security.ts'
import { assertWritable, unwritable, writeError, writeRequest } from './services.ts'
import { seenIn } from './store.ts'
import { subscribe } from './subscription.ts'
import { trustChanged, watchTrusted } from './trust.ts'
import { createTurns } from './turns.ts'
import { walk } from './walk.ts'

export const opcuaAdapter: Adapter = {
  protocol: 'opcua',
  packages: ['node-opcua-'],
  optionsSchema: opcuaOptions,
  deviceSchema: opcuaDevice,
  addressSchema: opcuaAddress,
  createLink: (options, deps) => createOpcuaLink(options as OpcuaOptions, deps),
}

const CLOSE_MS = 2000
/** Writes and urgent reads are sent at once; this is for polls. */
const POLLS_IN_FLIGHT = 2
const MAX_WAITING_POLLS = 256

type OpcuaLink = {
  readonly options: OpcuaOptions
  readonly deps: LinkDeps
  live: Live | undefined
  /** The attempt to connect that is under way. */
  attempt: AbortController | undefined
  /** Nobody was there at the last attempt. */
  unreachable: boolean
}

function createOpcuaLink(options: OpcuaOptions, deps: LinkDeps): Link {
  const link: OpcuaLink = { options, deps, live: undefined, attempt: undefined, unreachable: false }
  return {
    open: (signal) => open(link, signal),
    read: (points, how) => read(link, points, { urgent: how?.urgent ?? false, show: how?.show }),
    whenMended: (signal) => mended(link, signal),
    write: (block) => write(link, block),
    close: () => close(link),
    subscribe: async (points, emit, show) => subscribe(up(link), points, options, deps, { emit, show }),
    call: async (method) => call(up(link).connection, method),
    browse: async (node, limit) => browse(up(link).connection, node, limit),
    walk: async (node, most) => walk(up(link).connection, node, most),
  }
}

async function open(link: OpcuaLink, signal: AbortSignal): Promise<void> {
  const { options, deps } = link
  const closing = close(link)
  // From here on a close ends this attempt too.
  const attempt = new AbortController()
  link.attempt = attempt
  const ended = AbortSignal.any([signal, attempt.signal])
  try {
    await closing
    const turns = createTurns(POLLS_IN_FLIGHT, MAX_WAITING_POLLS)
    const connection = await connect(options, deps, ended, () => turns.end())
    if (ended.aborted) {
      await connection.end()
      throw new LinkError(`${options.endpoint}: opening was aborted`, { outcome: 'unsent' })
    }
    link.live = createLive(connection, turns, options.maxNodesPerRead, deps.log)
    if (options.security !== 'None') watchCertificates(connection, deps)
    link.unreachable = false
  } catch (error) {
    link.unreachable = wasUnreachable(error)
    throw error
  } finally {
    if (link.attempt === attempt) link.attempt = undefined
  }
}

/** A person trusts its server, or one that was not there is there again. */
async function mended({ options, deps, unreachable }: OpcuaLink, signal: AbortSignal): Promise<void> {
  const either = new AbortController()
  const both = AbortSignal.any([signal, either.signal])
  const waits = [trustChanged(deps.stateDir, both), ...(unreachable ? [reachable(options.endpoint, both)] : [])]
  await Promise.any(waits).finally(() => either.abort())
}

/** As long as this connection lasts: whether its server is still trusted, and whether our certificate ends soon. */
function watchCertificates(connection: Connection, { stateDir, log }: LinkDeps): void {
  const over = new AbortController()
  connection.whenOver(() => over.abort())
  const { thumbprint } = seenIn(stateDir)
  if (thumbprint !== undefined)
    void watchTrusted(stateDir, thumbprint, over.signal, () =>
      connection.lose('a person trusts the certificate of the server no more'),
    ).catch(() => undefined)
  const daily = setInterval(() => void warnOfEnd(stateDir, log), DAY_MS).unref()
  over.signal.addEventListener('abort', () => clearInterval(daily))
}

async function close(link: OpcuaLink): Promise<void> {
  link.attempt?.abort()
  const { live } = link
  link.live = undefined
  live?.turns.end()
  if (live) await settled(live.connection.end(), CLOSE_MS)
}

async function read(link: OpcuaLink, points: readonly Point[], how: How): Promise<Reading[]> {
  const live = up(link)
  const readings = await readPoints(live, link.deps, points, how)
  if (!isUp(link, live)) throw notConnected(link.options.endpoint, live.connection.lostBecause(), 'unknown')
  return points.map((point) => readings.get(point)).filter((reading) => reading !== undefined)
}

async function write(link: OpcuaLink, block: Block): Promise<void> {
  assertWritable(block)
  if (link.options.unprotected !== undefined) throw unwritable(block.id, 'the link is `unprotected: read-only`')
  const { connection, places } = up(link)
  const [node] = await places.find([block])
  if (node?.kind !== 'node') throw unwritable(block.id, node?.detail ?? 'it is nowhere')
  const answer = await connection.send<WriteResponse>(writeRequest(node.id, block))
  const error = writeError(answer, `write to ${node.id} at ${link.options.endpoint}`)
  if (error) throw error
}

function up(link: OpcuaLink): Live {
  const { live } = link
  if (live && isUp(link, live)) return live
  throw notConnected(link.options.endpoint, live?.connection.lostBecause(), 'unsent')
}

function isUp(link: OpcuaLink, live: Live): boolean {
  return link.live === live && live.connection.lostBecause() === undefined
}
