/**
 * What the two boxes of a pair say to each other: frames of JSON with bytes behind, over TLS with the key of the pair
 * on both sides and no certificate. A frame that is none ends its connection. It decides nothing.
 * Read next: pair.ts (who calls whom), active.ts and spare.ts (what is said).
 */
import { createHash } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls'
import type { Said } from '../../core/pair/begin.ts'
import type { Why } from '../../core/pair/stand-by.ts'

/** To the box that is called, first. */
export type Hello = {
  readonly kind: 'hello'
  readonly said: Said
  readonly site: string
  /** Of the data folder: two processes with the same one are the same box, one after the other. */
  readonly folder: string
  readonly configurationId: string
  readonly schema: number
  /** The spare that calls, and has everything up to `n` of that run of the active box. */
  readonly follow?: { readonly run: string; readonly n: number }
}

export type Frame =
  | Hello
  /** `refused`: why this box does not take the other one as its spare. `configurationId`: what it has in force. */
  | {
      readonly kind: 'said'
      readonly said: Said
      readonly site: string
      readonly configurationId: string
      readonly refused?: Why
    }
  /** The texts of a configuration behind, as JSON: before the entry that puts it in force. */
  | { readonly kind: 'configuration'; readonly id: string }
  /** A piece of a file below the data folder, with its bytes behind; `first` empties it. */
  | { readonly kind: 'file'; readonly path: string; readonly first: boolean }
  /** A file that the active box has no more. */
  | { readonly kind: 'gone'; readonly path: string }
  /** The ledger as it stood between change `from` and change `to` of this run. */
  | { readonly kind: 'copied'; readonly run: string; readonly from: number; readonly to: number }
  /** A changeset of SQLite behind. */
  | { readonly kind: 'changes'; readonly n: number }
  | {
      readonly kind: 'ping'
      readonly k: number
      /** The newest change of the active box. */
      readonly n: number
      /** The last answer that arrived; absent: none yet. */
      readonly echo?: number
      readonly judges: readonly string[]
      readonly granted: boolean
    }
  /** `n`: stored up to there. `k`: of a ping. `sees`: machines that this box can read. */
  | { readonly kind: 'answer'; readonly n: number; readonly k?: number; readonly sees: readonly string[] }
  | { readonly kind: 'handed' }

export type Wire = {
  send(frame: Frame, bytes?: Uint8Array): void
  /** Resolves when what was sent has left this process, or the wire is closed. */
  drained(): Promise<void>
  onFrame(take: (frame: Frame, bytes: Buffer) => void): void
  onClose(closed: () => void): void
  /** At once. */
  close(): void
}

type Address = { readonly host: string; readonly port: number }

const CIPHERS = 'ECDHE-PSK-CHACHA20-POLY1305:DHE-PSK-AES256-GCM-SHA384:PSK-AES256-GCM-SHA384'
/** Between two boxes on one site, ms. */
const CONNECT_MS = 1000
/** A changeset is one group of commits; a file comes in pieces. */
const MOST_FRAME = 64 * 2 ** 20
const MOST_WAITING = 64 * 2 ** 20
const HEAD = 8
/** Connections that have not shown the key yet; of more the oldest gives way. */
const MOST_STRANGERS = 32

const secret = (key: string) => createHash('sha256').update(key).digest()
const tls = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: CIPHERS } as const

export function listenAt({ host, port }: Address, key: string, take: (wire: Wire) => void): Promise<{ close(): void }> {
  const psk = secret(key)
  const strangers = new Map<string, Socket>()
  const server = createServer({ ...tls, pskCallback: () => psk, handshakeTimeout: CONNECT_MS }, (socket) => {
    strangers.delete(peerOf(socket))
    take(wireOf(socket))
  })
  server.on('connection', (socket) => {
    const peer = peerOf(socket)
    strangers.set(peer, socket)
    socket.once('close', () => strangers.get(peer) === socket && strangers.delete(peer))
    if (strangers.size > MOST_STRANGERS) strangers.values().next().value!.destroy()
  })
  server.on('tlsClientError', () => undefined) // a stranger: it is not let in
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve({ close: () => void server.close() }))
  })
}

const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`

/** `key`: somebody is there, and does not have this key. */
export function call({ host, port }: Address, key: string): Promise<Wire | 'absent' | 'key'> {
  const psk = secret(key)
  return new Promise((resolve) => {
    const tcp = connectTcp({ host, port, noDelay: true })
    const pskCallback = () => ({ psk, identity: 'latchkey' })
    const socket = connectTls({ socket: tcp, ...tls, pskCallback, checkServerIdentity: () => undefined })
    const timer = setTimeout(() => socket.destroy(), CONNECT_MS)
    const failed = (error?: NodeJS.ErrnoException | boolean) => {
      clearTimeout(timer)
      socket.destroy()
      tcp.destroy()
      resolve(typeof error === 'object' && error.code?.startsWith('ERR_SSL') ? 'key' : 'absent')
    }
    tcp.once('error', failed)
    socket.once('error', failed)
    socket.once('close', failed)
    socket.once('secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', failed)
      socket.off('close', failed)
      tcp.off('error', failed)
      tcp.on('error', () => undefined)
      resolve(wireOf(socket))
    })
  })
}

function wireOf(socket: TLSSocket): Wire {
  let held: Buffer[] = []
  let size = 0
  let take: (frame: Frame, bytes: Buffer) => void = () => undefined
  const close = () => void socket.destroy()
  socket.on('error', () => socket.destroy())
  socket.on('data', (data: Buffer) => {
    held.push(data)
    size += data.length
    try {
      read()
    } catch {
      close()
    }
  })

  function read(): void {
    while (size >= HEAD) {
      const start = held[0]!.length >= HEAD ? held[0]! : Buffer.concat(held)
      const [headLength, bodyLength] = [start.readUInt32BE(0), start.readUInt32BE(4)]
      const whole = HEAD + headLength + bodyLength
      if (whole > MOST_FRAME) throw new Error('a frame is too large')
      if (size < whole) return
      const all = held.length === 1 ? held[0]! : Buffer.concat(held)
      const body = HEAD + headLength
      const frame = JSON.parse(all.toString('utf8', HEAD, body)) as Frame
      held = all.length > whole ? [all.subarray(whole)] : []
      size = all.length - whole
      take(frame, all.subarray(body, whole))
    }
  }

  return {
    send(frame, bytes = new Uint8Array()) {
      if (socket.destroyed) return
      if (socket.writableLength > MOST_WAITING) return close()
      const head = Buffer.from(JSON.stringify(frame))
      const lengths = Buffer.alloc(HEAD)
      lengths.writeUInt32BE(head.length, 0)
      lengths.writeUInt32BE(bytes.length, 4)
      socket.write(Buffer.concat([lengths, head, bytes]))
    },
    drained: () =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve()
        socket.write('', () => resolve())
        socket.once('close', resolve)
      }),
    onFrame(taker) {
      take = taker
      if (size > 0) socket.emit('data', Buffer.alloc(0))
    },
    onClose: (closed) => void (socket.destroyed ? closed() : socket.once('close', closed)),
    close,
  }
}
