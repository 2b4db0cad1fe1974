/**
 * What the floor weighs and how soon it is there: bytes without charts, first paint from a cold start, and the time a
 * frame takes while 200 machines change every second. The gateway's front is a real one over a real ledger file.
 */
import type { SiteConfig } from '../../../config/site.ts'
import { createBench } from '../../front/api/bench.ts'
import { boardRow } from '../../front/api/rows.ts'
import { machine } from '../../front/api/site.ts'
import { openChromium } from '../../support/chromium.ts'
import { pause } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'
import { visit } from './stage.ts'

const MACHINES = 200
const MOST_BYTES = 150_000
const MOST_PAINT_MS = 1_000
const MOST_FRAME_MS = 50

export const budget: Item = {
  name: 'budget',
  async run({ quick, scope, say }) {
    const { check, verdict } = createChecks(say)
    const names = Array.from({ length: MACHINES }, (_, index) => `machine-${index}`)
    const bench = await createBench((config: SiteConfig) => ({
      ...config,
      api: { ...config.api, board: 'states' },
      machines: names.map((id) => machine(id, 'huajian')),
    }))
    scope.defer(() => bench.close())
    const states = ['Available', 'InUse', 'Reserved', 'OutOfOrder'] as const
    const change = (round: number) => {
      bench.clock.ns += 1_000_000_000n
      bench.clock.ms += 1_000
      const rows = names.map((id, index) => {
        const state = states[(index + round) % states.length]!
        const at = { asOfNs: bench.clock.ns, asOfMs: bench.clock.ms, maxAgeMs: 3_000 }
        return boardRow(id, { availability: { state }, ...at })
      })
      bench.setBoard(...rows)
    }
    change(0)
    const url = await bench.app.listen({ port: 0, host: '127.0.0.1' })
    const browser = await openChromium(scope)
    const { page } = await visit({ browser }, { size: 'wall' })
    let bytes = 0
    const client = await page.context().newCDPSession(page)
    await client.send('Network.enable')
    client.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength
    })
    await page.goto(url)
    await page.waitForSelector(`.card:nth-child(${MACHINES})`)
    const paintMs = Number(await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0].startTime`))
    await page.evaluate(WATCH)
    for (let round = 1; round <= (quick ? 8 : 30); round++) {
      change(round)
      await pause(1_000)
    }
    const frames = (await page.evaluate('frames')) as number[]
    frames.sort((a, b) => a - b)
    const p99 = frames[Math.floor(frames.length * 0.99)] ?? 0
    check(`at most ${MOST_BYTES} bytes without charts`, bytes > 10_000 && bytes <= MOST_BYTES, bytes)
    check(`first paint within ${MOST_PAINT_MS} ms`, paintMs <= MOST_PAINT_MS, paintMs)
    check(`99 of 100 frames within ${MOST_FRAME_MS} ms`, p99 <= MOST_FRAME_MS, p99)
    const figure = `${Math.round(bytes / 1_000)} kB, paint ${Math.round(paintMs)} ms`
    return verdict(
      `${figure}; ${MACHINES} machines: frame p99 ${Math.round(p99)} ms, worst ${Math.round(frames.at(-1) ?? 0)} ms`,
    )
  },
}

const WATCH = `(() => {
  window.frames = []
  let before = performance.now()
  const next = (now) => {
    frames.push(now - before)
    before = now
    requestAnimationFrame(next)
  }
  requestAnimationFrame(next)
})()`
