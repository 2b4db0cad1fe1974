/**
 * A read of points: in as few requests as the server takes, each with a status per node. It learns how many nodes go
 * into one request, and which node spoils the request it is in; that is then asked for alone. Read next: services.ts
 * (what requests and answers mean), connection.ts.
 */
import { promoteOpaqueStructure, type ReadResponse } from 'node-opcua-client'
import type { Reading } from '../../gateway/core/reading/reading.ts'
import type { LinkDeps, Logger, Point, Show } from '../adapter.ts'
import { settled } from '../deadline.ts'
import type { Answer, Connection } from './connection.ts'
import type { OpcuaAddress } from './options.ts'
import { createPlaces, type Places } from './places.ts'
import { recogniseServer } from './servers.ts'
import { bad, isShown, readingOf, readRequest } from './services.ts'
import type { Turns } from './turns.ts'

/** What lives and dies with one connection. */
export type Live = {
  readonly connection: Connection
  readonly turns: Turns
  readonly places: Places
  /** Nodes per request, as far as is known. */
  most: number
  /** Nodes that spoil the request they are in. */
  readonly alone: Set<string>
}

/** `atMost`: nodes per read, as configured; the server may allow fewer. */
export function createLive(connection: Connection, turns: Turns, atMost: number, log: Logger): Live {
  const known = recogniseServer(connection.namespaces)
  const most = Math.min(atMost, connection.maxNodesPerRead ?? atMost, known?.maxNodesPerRead ?? atMost)
  if (known !== undefined) log.info({ server: known.name, nodesPerRead: most }, `the server is known: it ${known.note}`)
  return { connection, turns, places: createPlaces(connection), most, alone: new Set() }
}

export type How = { readonly urgent: boolean; readonly show: Show | undefined }

type Wanted = { readonly point: Point; readonly id: string }

/** Requests that one read spends on finding a node that spoils others. */
const MAX_DIVISIONS = 16

/** One reading per point that was not shown, unless the connection is lost meanwhile. */
export async function readPoints(
  live: Live,
  deps: LinkDeps,
  points: readonly Point[],
  { urgent, show }: How,
): Promise<Map<Point, Reading>> {
  const readings = new Map<Point, Reading>()
  const known = await nodesOf(live, deps, points, readings)
  let divisions = 0
  const left = chunksOf(live, known)
  for (let chunk = left.shift(); chunk && live.connection.lostBecause() === undefined; chunk = left.shift()) {
    const answer = await ask(live, chunk, urgent)
    const isTooLarge = answer !== 'full' && saysTooLarge(answer)
    if (isTooLarge && chunk.length > 1) {
      live.most = Math.min(live.most, Math.ceil(chunk.length / 2))
      deps.log.info(
        { nodes: chunk.length, most: live.most },
        'the server does not read as many nodes at once: it is asked for less',
      )
      left.unshift(...chunksOf(live, chunk))
    } else if (answer !== 'full' && answer.kind === 'fault' && chunk.length > 1 && divisions < MAX_DIVISIONS) {
      divisions += 1
      const half = Math.ceil(chunk.length / 2)
      left.unshift(chunk.slice(0, half), chunk.slice(half))
    } else {
      if (divisions > 0 && answer !== 'full' && answer.kind === 'fault' && chunk.length === 1)
        live.alone.add(chunk[0]!.id)
      await take(live, deps, chunk, answer, { readings, show })
    }
  }
  return readings
}

const FULL = 'not sent: too many reads wait'

async function take(
  { connection, places }: Live,
  deps: LinkDeps,
  chunk: readonly Wanted[],
  answer: Answer<ReadResponse> | 'full',
  { readings, show }: Pick<How, 'show'> & { readonly readings: Map<Point, Reading> },
): Promise<void> {
  const moment = deps.now()
  if (answer !== 'full' && answer.kind === 'answer') await unpack(connection, chunk, answer.response)
  for (const [index, { point }] of chunk.entries()) {
    if (answer === 'full') {
      readings.set(point, bad(point, moment, 'timeout', FULL))
      continue
    }
    const item = answer.kind === 'answer' ? answer.response.results?.[index] : undefined
    if (item !== undefined && isShown(show, point, item, moment)) continue
    const reading = readingOf(point, answer, index, moment, connection.namespaces)
    // Where its path led before; a program that was downloaded again has other nodes.
    if (reading.detail === GONE) places.forget(point)
    readings.set(point, reading)
  }
}

const GONE = 'BadNodeIdUnknown'

/**
 * How a structure is built the library asks of the server, the first time that it sees one. That takes it some requests
 * of its own; what comes too late is there for the next read.
 */
async function unpack({ session }: Connection, chunk: readonly Wanted[], { results }: ReadResponse): Promise<void> {
  if (!chunk.some(({ point }) => (point.address as OpcuaAddress).field !== undefined)) return
  await settled(promoteOpaqueStructure(session, results ?? []), UNPACK_MS)
}

const UNPACK_MS = 1000

/** The nodes that can be named. */
async function nodesOf(
  { places }: Live,
  deps: LinkDeps,
  points: readonly Point[],
  readings: Map<Point, Reading>,
): Promise<Wanted[]> {
  const found = await places.find(points)
  return points.flatMap((point, index) => {
    const place = found[index]!
    if (place.kind === 'node') return [{ point, id: place.id }]
    readings.set(point, bad(point, deps.now(), 'refused', place.detail))
    return []
  })
}

/** Those that spoil others come last, each in a request of its own. */
function chunksOf({ most, alone }: Live, wanted: readonly Wanted[]): Wanted[][] {
  const together = wanted.filter(({ id }) => !alone.has(id))
  const chunks: Wanted[][] = []
  for (let from = 0; from < together.length; from += most) chunks.push(together.slice(from, from + most))
  return [...chunks, ...wanted.filter(({ id }) => alone.has(id)).map((one) => [one])]
}

async function ask(
  { connection, turns }: Live,
  chunk: readonly Wanted[],
  urgent: boolean,
): Promise<Answer<ReadResponse> | 'full'> {
  const turn = urgent ? 'at-once' : await turns.take()
  if (turn === 'full') return 'full'
  const answer = await connection.send<ReadResponse>(readRequest(chunk.map(({ id }) => id)))
  if (turn === 'taken') turns.give()
  return answer
}

/** Too many nodes, or too many bytes one way or the other: fewer may do. */
const TOO_LARGE =
  /BadTooManyOperations|BadTcpMessageTooLarge|BadRequestTooLarge|BadResponseTooLarge|BadEncodingLimitsExceeded/

function saysTooLarge(answer: Answer<ReadResponse>): boolean {
  return TOO_LARGE.test(answer.kind === 'fault' ? answer.status : answer.kind === 'failed' ? answer.detail : '')
}
