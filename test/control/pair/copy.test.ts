/** What goes to a spare beside the ledger: as it changes, a little at a time, and without touching the reserve. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sendCopy, watchFiles } from '../../../gateway/control/pair/copy.ts'
import { createKept } from '../../../gateway/control/pair/kept.ts'
import type { Frame, Wire } from '../../../gateway/control/pair/wire.ts'
import { openWriter } from '../../../gateway/ledger/store/database.ts'

let dataDir = ''
let sent: { readonly frame: Frame; readonly bytes: number }[] = []
let wire: Wire
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-copy-'))
  sent = []
  wire = {
    send: (frame: Frame, bytes = new Uint8Array()) => void sent.push({ frame, bytes: bytes.length }),
    drained: async () => undefined,
  } as Wire
})
afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

function write(path: string, bytes = 1): void {
  mkdirSync(dirname(join(dataDir, path)), { recursive: true })
  writeFileSync(join(dataDir, path), Buffer.alloc(bytes, 1))
}

/** Files that one look has sent, and those that it has said are gone. */
function look(nowMs: number): string[] {
  sent = []
  watchFiles(dataDir, wire, nowMs)
  return sent.map(({ frame }) => ('path' in frame ? `${frame.kind} ${frame.path}` : frame.kind))
}

it('sends keys, trust, wrong PINs and photos as they change, once', () => {
  write('keys.json')
  write('links/plc/trusted/a.pem')
  expect(look(0)).toEqual(['file keys.json', 'file links/plc/trusted/a.pem'])
  expect(look(300)).toEqual([])
  write('pin-tries.json')
  write('photos/saw/ab')
  expect(look(600)).toEqual(['file pin-tries.json', 'file photos/saw/ab'])
  // A photo is written in place: its folder does not change a second time.
  write('photos/saw/ab', 2)
  expect(look(900)).toEqual(['file photos/saw/ab'])
})

it('says what is trusted no more, and the spare forgets it', () => {
  write('links/plc/trusted/a.pem')
  look(0)
  rmSync(join(dataDir, 'links/plc/trusted/a.pem'))
  expect(look(60_000)).toEqual(['gone links/plc/trusted/a.pem'])
  const kept = createKept(dataDir)
  write('links/plc/trusted/a.pem')
  kept.takeGone('links/plc/trusted/a.pem')
  expect(readdirSync(join(dataDir, 'links/plc/trusted'))).toEqual([])
  write('keys.json')
  kept.takeGone('keys.json')
  expect(readdirSync(dataDir)).toContain('keys.json')
  expect(() => kept.takeGone('links/../../x')).toThrow('cannot be')
})

it('sends a bounded part before one word, and the rest before the next', () => {
  for (let count = 0; count < 6; count += 1) write(`photos/saw/${count}`, 600_000)
  const looks = [0, 300, 600, 900].map((ms) => look(ms).length)
  expect(looks).toEqual([2, 2, 2, 0])
})

it('makes no copy that would touch the reserve, and leaves nothing of it', async () => {
  openWriter(join(dataDir, 'ledger.sqlite')).close()
  await sendCopy({ dataDir, bounds: { diskReserve: 0 } }, wire)
  expect(sent.some(({ frame }) => 'path' in frame && frame.path === 'ledger.sqlite')).toBe(true)
  const before = readdirSync(dataDir)
  await expect(sendCopy({ dataDir, bounds: { diskReserve: 2 ** 60 } }, wire)).rejects.toThrow('diskReserve')
  expect(readdirSync(dataDir)).toEqual(before)
  expect(before).not.toContain('pair-copy.sqlite')
})
