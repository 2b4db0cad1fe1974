/** What the metrics show, and what they do not: a series that outlives its reason is an alert for nothing. */
import { expect, it } from 'vitest'
import type { Health } from '../../../gateway/core/board/message.ts'
import { createMetrics } from '../../../gateway/front/api/health/metrics.ts'
import { bareApi } from '../../../gateway/front/api/snapshot.ts'

const well: Health = { ready: true, notes: [], clock: 'synchronised', counters: {} }
const up = { id: 'plc', protocol: 'modbus', state: 'down' }

/** Series and values, after each of these moments. */
async function shown(...moments: { readonly health: Health; readonly links: readonly object[] }[]) {
  let now = moments[0]!
  const api = bareApi('1')
  const board = { ...api.board, health: () => now.health, links: () => now.links } as typeof api.board
  const metrics = createMetrics({ ...api, board })
  const texts: string[] = []
  for (now of moments) texts.push(await metrics.text())
  return texts.map((text) => text.split('\n').filter((line) => /^latchkey_(?:pair|link|disk)/.test(line)))
}

it('have no series of a pair where there is none', async () => {
  expect(await shown({ health: well, links: [] })).toEqual([[]])
  const health: Health = {
    ...well,
    diskFreeBytes: 7,
    pair: { box: 'a', followed: false, term: 3 } as Health['pair'] & object,
  }
  expect(await shown({ health, links: [] })).toEqual([
    [
      'latchkey_disk_free_bytes 7',
      'latchkey_pair_active{site="site",box="a"} 1',
      'latchkey_pair_followed 0',
      'latchkey_pair_term 3',
    ],
  ])
})

it('forget a link that another configuration took away', async () => {
  expect(await shown({ health: well, links: [up] }, { health: well, links: [] })).toEqual([
    ['latchkey_link_up{link="plc",protocol="modbus"} 0'],
    [],
  ])
})
