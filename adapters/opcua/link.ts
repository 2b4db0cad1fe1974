/**
 * OPC UA behind the adapter seam: one session to one endpoint, nodes by namespace URI, a status for every item.
 * It repairs no connection, repeats no request and lets the library repeat none. Loaded only when a site uses OPC UA.
 * Read next: connection.ts (requests), nodes.ts (ids and values), explore.ts (subscribe, call, browse).
 */
import type { ReadResponse, WriteResponse } from 'node-opcua-client'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import { type Adapter, type Block, type Link, type LinkDeps, LinkError, type Point } from '../adapter.ts'
import { type Connection, connect } from './connection.ts'
import { browse, call, subscribe } from './explore.ts'
import { type OpcuaAddress, type OpcuaOptions, opcuaAddress, opcuaDevice, opcuaOptions } from './options.ts'
import { bad, nodeOf, readingOf, readRequest, writeError, writeRequest } from './services.ts'
import { createTurns } from './turns.ts'

export const opcuaAdapter: Adapter = {
  protocol: 'opcua',
  optionsSchema: opcuaOptions,
  deviceSchema: opcuaDevice,
  addressSchema: opcuaAddress,
  createLink: (options, deps) => createOpcuaLink(options as OpcuaOptions, deps),
}

const CLOSE_MS = 2000
/** Writes and urgent reads are sent at once; this is for polls. */
const POLLS_IN_FLIGHT = 2
const MAX_WAITING_POLLS = 256

function createOpcuaLink(options: OpcuaOptions, deps: LinkDeps): Link {
  let live: Connection | undefined
  let turns = createTurns(POLLS_IN_FLIGHT, MAX_WAITING_POLLS)
  let attempt: AbortController | undefined

  function up(): Connection {
    if (live && live.lostBecause() === undefined) return live
    throw down('unsent')
  }

  function down(outcome: LinkError['outcome']): LinkError {
    const because = live?.lostBecause()
    const message = because
      ? `connection to ${options.endpoint} lost: ${because}`
      : `not connected to ${options.endpoint}`
    return new LinkError(message, { outcome })
  }

  async function read(points: readonly Point[], how: { urgent?: boolean } = {}): Promise<Reading[]> {
    const at = up()
    const queue = turns
    const readings = new Map<Point, Reading>()
    const known: { point: Point; id: string }[] = []
    for (const point of points) {
      const node = nodeOf(point, at.namespaces)
      if (node.kind === 'node') known.push({ point, id: node.id })
      else readings.set(point, bad(point, deps.now(), 'refused', node.detail))
    }
    for (let from = 0; from < known.length; from += options.maxNodesPerRead) {
      const chunk = known.slice(from, from + options.maxNodesPerRead)
      const turn = how.urgent ? 'at-once' : await queue.take()
      if (turn === 'full') {
        for (const { point } of chunk)
          readings.set(point, bad(point, deps.now(), 'timeout', 'not sent: too many reads wait'))
        continue
      }
      const answer = await at.send<ReadResponse>(readRequest(chunk.map(({ id }) => id)))
      if (turn === 'taken') queue.give()
      if (live !== at || at.lostBecause() !== undefined) throw down('unknown')
      const moment = deps.now()
      chunk.forEach(({ point }, index) => {
        readings.set(point, readingOf(point, answer, index, moment))
      })
    }
    if (live !== at || at.lostBecause() !== undefined) throw down('unknown')
    return points.map((point) => readings.get(point) as Reading)
  }

  async function write(block: Block): Promise<void> {
    const refuse = (why: string) =>
      new LinkError(`cannot write ${block.id}: ${why}`, { retriable: false, outcome: 'unsent' })
    const { words } = block
    const address = block.address as OpcuaAddress
    if (address.type !== 'words' && address.type !== 'bool' && address.type !== 'u16')
      throw refuse('only a node of type words, bool or u16 is written')
    if (words.length === 0) throw refuse('no words')
    if (address.type !== 'words' && words.length !== 1) throw refuse(`${words.length} words for one value`)
    if (address.count !== undefined && address.count !== words.length)
      throw refuse(`${words.length} words for a node of ${address.count}`)
    if (!words.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffff))
      throw refuse('a word is not an integer of 0 to 65535')
    const at = up()
    const node = nodeOf(block, at.namespaces)
    if (node.kind === 'unknown') throw refuse(node.detail)
    const answer = await at.send<WriteResponse>(writeRequest(node.id, address.type, words))
    const error = writeError(answer, `write to ${node.id} at ${options.endpoint}`)
    if (error) throw error
  }

  async function open(signal: AbortSignal): Promise<void> {
    const ending = close()
    // From here on a close ends this attempt too.
    const mine = new AbortController()
    attempt = mine
    const abort = () => mine.abort()
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    try {
      await ending
      const fresh = await connect(options, deps, mine.signal, () => turns.end())
      if (mine.signal.aborted) {
        await fresh.end()
        throw new LinkError(`${options.endpoint}: opening was aborted`, { outcome: 'unsent' })
      }
      turns = createTurns(POLLS_IN_FLIGHT, MAX_WAITING_POLLS)
      live = fresh
    } finally {
      signal.removeEventListener('abort', abort)
      if (attempt === mine) attempt = undefined
    }
  }

  async function close(): Promise<void> {
    attempt?.abort()
    const old = live
    live = undefined
    turns.end()
    if (!old) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS)
    })
    await Promise.race([old.end(), late])
    clearTimeout(timer)
  }

  return {
    open,
    read,
    write,
    close,
    subscribe: async (points, emit) => subscribe(up(), points, options, deps, emit),
    call: async (method) => call(up(), method),
    browse: async (node, limit) => browse(up(), node, limit),
  }
}
