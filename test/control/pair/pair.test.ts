/** Two boxes ask each other: which waits and why, and what one says while it is about to take over. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createPair } from '../../../gateway/control/pair/pair.ts'
import { call, type Frame, listenAt, type Wire } from '../../../gateway/control/pair/wire.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'
import { createWriter } from '../../../gateway/ledger/store/writer.ts'
import { freePort } from '../../support/ports.ts'

type Box = { readonly id: string; readonly host: string; readonly port: number }

const KEY = 'k'.repeat(40)
const OLD = 'a'.repeat(64)
const NEW = 'b'.repeat(64)

let folder = ''
let boxes: readonly [Box, Box]
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-pair-'))
  const host = '127.0.0.1'
  boxes = [
    { id: 'a', host, port: await freePort() },
    { id: 'b', host, port: await freePort() },
  ]
})
afterEach(() => rmSync(folder, { recursive: true }))

function pairOf(adopt: (id: string) => Promise<boolean>) {
  const dataDir = join(folder, 'data')
  const own = { site: 'shop', dataDir, configurationId: OLD, machines: [], links: [], bounds: { diskReserve: 0 } }
  const config = { ...own, pair: { boxes, key: KEY } } as never
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const [standsBy, waited] = [vi.fn(), vi.fn()]
  return { dataDir, standsBy, waited, pair: createPair({ config, box: 'a', log, standsBy, waited, adopt }) }
}

it('waits for the other box of its own site, with its own key', async () => {
  const { pair, dataDir, standsBy, waited } = pairOf(async () => false)
  const end = pair.run()
  const says = (why: string) => vi.waitFor(() => expect(pair.standBy()).toMatchObject({ role: 'undecided', why }), 5000)

  await says('absent')
  expect(waited).toHaveBeenCalled() // whoever supervises it does not take it for one that does not start
  await otherBox('x'.repeat(40), sayNew('shop'), () => says('key'))
  await otherBox(KEY, sayNew('elsewhere'), () => says('site'))
  expect(existsSync(join(dataDir, 'pair.json'))).toBe(false)
  await otherBox(KEY, sayNew('shop'), async () => expect(await end).toMatchObject({ kind: 'active', isOther: false }))
  expect(standsBy).not.toHaveBeenCalled()
})

it('answers nobody while it puts the configuration in place with which it takes over', async () => {
  const heard: unknown[] = []
  const adopted: string[] = []
  const { pair, dataDir } = pairOf(async (id) => {
    adopted.push(id)
    heard.push(await asked())
    return true
  })
  await otherBox(KEY, leave(ledgerOf(NEW)), async () => {
    const end = await pair.run()
    expect(end).toMatchObject({ kind: 'active', isOther: true })
  })
  expect({ adopted, heard }).toEqual({ adopted: [NEW], heard: ['closed'] })
  expect(JSON.parse(readFileSync(join(dataDir, 'pair.json'), 'utf8'))).toMatchObject({ term: 2, role: 'active' })
})

/** The other box answers like that while the work is done. */
async function otherBox(key: string, welcome: (wire: Wire) => void, work: () => Promise<unknown>): Promise<void> {
  const door = await listenAt(boxes[1], key, welcome)
  try {
    await work()
  } finally {
    door.close()
  }
}

const sayNew = (site: string) => (wire: Wire) =>
  wire.onFrame(() => wire.send({ kind: 'said', said: { now: 'undecided' }, site, configurationId: OLD }))

/** An active box with this ledger, which leaves the site to whoever has everything. */
const leave = (ledger: Buffer) => (wire: Wire) => {
  const standing = { term: 1, role: 'active', alone: true } as const
  const ping = (k: number, more: object) =>
    wire.send({ kind: 'ping', k, n: 1, judges: [], granted: k > 1, ...more } as Frame)
  wire.onFrame((frame) => {
    if (frame.kind === 'hello')
      wire.send({ kind: 'said', said: { now: 'active', standing }, site: 'shop', configurationId: OLD })
    if (frame.kind === 'hello' && frame.follow !== undefined) {
      wire.send({ kind: 'file', path: 'ledger.sqlite', first: true }, ledger)
      wire.send({ kind: 'copied', run: 'r', from: 1, to: 1 })
      ping(1, {})
    }
    if (frame.kind === 'answer' && frame.k === 1) ping(2, { echo: 1 })
    if (frame.kind === 'answer' && frame.k === 2) wire.send({ kind: 'handed' })
  })
}

/** What the box that was the active one would be told as it comes back. */
async function asked(): Promise<unknown> {
  const wire = await call(boxes[0], KEY)
  if (typeof wire === 'string') return wire
  const said = { now: 'undecided', standing: { term: 1, role: 'active', alone: false } } as const
  const hello = { kind: 'hello', said, site: 'shop', folder: 'b', configurationId: NEW, schema: 1 } as const
  return new Promise((resolve) => {
    wire.onFrame(resolve)
    wire.onClose(() => resolve('closed'))
    wire.send(hello)
  })
}

function ledgerOf(configurationId: string): Buffer {
  const path = join(folder, 'ledger.sqlite')
  const writer = createWriter(openWriter(path), { site: 'shop', simulated: new Set() })
  const at = { wallMs: 1, monoNs: '1', bootId: 'b', clock: 'unknown' } as const
  writer.commit([
    [{ kind: 'entry', entry: { kind: 'ConfigurationApplied', version: 1, at, data: { configurationId } } }],
  ])
  writer.close()
  return readFileSync(path)
}
