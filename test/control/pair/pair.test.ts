/** A box that finds no other one waits and says why; it begins when the other one is there, and nothing else does. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { createPair } from '../../../gateway/control/pair/pair.ts'
import { listenAt } from '../../../gateway/control/pair/wire.ts'
import { freePort } from '../../support/ports.ts'

const KEY = 'k'.repeat(40)

it('waits for the other box of its own site, with its own key', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-pair-'))
  const [a, b] = [await freePort(), await freePort()].map((port, index) => ({
    ...{ id: 'ab'[index]!, host: '127.0.0.1', port },
  })) as [Box, Box]
  const config = { site: 'shop', dataDir, configurationId: 'f', pair: { boxes: [a, b], key: KEY } } as never
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const [standsBy, waited] = [vi.fn(), vi.fn()]
  const pair = createPair({ config, box: 'a', log, standsBy, waited, adopt: async () => false })
  const end = pair.run()
  const says = (why: string) => vi.waitFor(() => expect(pair.standBy()).toMatchObject({ role: 'undecided', why }), 5000)

  await says('absent')
  expect(waited).toHaveBeenCalled() // whoever supervises it does not take it for one that does not start
  await otherBox(b, 'x'.repeat(40), 'shop', () => says('key'))
  await otherBox(b, KEY, 'elsewhere', () => says('site'))
  expect(existsSync(join(dataDir, 'pair.json'))).toBe(false)
  await otherBox(b, KEY, 'shop', async () => expect(await end).toMatchObject({ kind: 'active', isOther: false }))
  expect(standsBy).not.toHaveBeenCalled()
  rmSync(dataDir, { recursive: true })
})

type Box = { readonly id: string; readonly host: string; readonly port: number }

/** A new box that answers while the work is done. */
async function otherBox(box: Box, key: string, site: string, work: () => Promise<unknown>): Promise<void> {
  const door = await listenAt(box, key, (wire) =>
    wire.onFrame(() => wire.send({ kind: 'said', said: { now: 'undecided' }, site, configurationId: 'f' })),
  )
  try {
    await work()
  } finally {
    door.close()
  }
}
