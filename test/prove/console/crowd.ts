/**
 * Fifty pages that watch the floor, in a real Chromium: heartbeats of an unlocked machine and the time an unlock takes
 * stay what they were without them. The browser yields the processor to the gateway, since it stands on other devices.
 */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { openChromium } from '../../support/chromium.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { nowMs, pause } from '../../support/proof.ts'
import { commandPath } from '../../support/real.ts'
import { ENABLE } from '../../support/simulators.ts'
import { createChecks, type Item } from '../item.ts'

const PAGES = 50
const HEARTBEAT_MS = 1_000
const OPEN_MS = 120_000
/** An unlock is confirmed by polls of half a second, so that a median moves by itself. */
const MOVES = { share: 1.25, ms: 40 } as const

export const crowd: Item = {
  name: 'crowd',
  async run({ quick, scope, say }) {
    const { check, verdict } = createChecks(say)
    const uses = quick ? 12 : 40
    const plant = await startPlant(scope, {
      ...{ site: 'crowd', machines: { 'spray-booth': 4 }, api: { board: 'states' } },
    })
    const held = plant.machine('booth-1')
    await plant.api.unlocked(held.id, await held.token())
    const alone = await measure(plant, uses)
    say(`alone: ${said(alone)}`)
    const browser = await openChromium(scope, yielding(scope.folder))
    const pages = await openPages(browser, plant.api.url)
    const together = await measure(plant, uses)
    say(`with ${PAGES} pages: ${said(together)}`)
    const live = await Promise.all(pages.map((page) => page.isVisible('.page[data-connection=live] .card')))
    check('every page is live at the end', live.every(Boolean), live.filter((is) => !is).length)
    const most = Math.max(alone.unlockMs * MOVES.share, alone.unlockMs + MOVES.ms)
    check('an unlock takes no longer', together.unlockMs <= most, [alone.unlockMs, together.unlockMs])
    check('heartbeats come when they came', together.lateMs <= Math.max(alone.lateMs * 2, 100), together.lateMs)
    check('no lease was lost', together.lost.length === 0, together.lost)
    return verdict(`alone ${said(alone)}; with ${PAGES} pages ${said(together)}`)
  },
}

/** Runs Chromium behind everything else on this host. */
function yielding(folder: string): string {
  const script = join(folder, 'chromium-behind')
  writeFileSync(script, `#!/bin/sh\nexec nice -n 19 ${commandPath('chromium')} "$@"\n`)
  chmodSync(script, 0o700)
  return script
}

async function openPages(browser: Browser, url: string) {
  const pages = []
  for (let opened = 0; opened < PAGES; opened++) {
    // Each a device of its own: the tabs of one browser share its few connections.
    const page = await (await browser.newContext()).newPage()
    await page.goto(url, { timeout: OPEN_MS })
    await page.waitForSelector('.page[data-connection=live] .card', { timeout: OPEN_MS })
    pages.push(page)
  }
  return pages
}

type Seen = {
  /** Median of the unlocks. */
  readonly unlockMs: number
  /** The latest heartbeat but one in a hundred. */
  readonly lateMs: number
  readonly lost: readonly string[]
}

const said = ({ unlockMs, lateMs }: Seen) =>
  `unlock ${Math.round(unlockMs)} ms, heartbeats ${Math.round(lateMs)} ms late at most`

async function measure({ api, machine }: Plant, uses: number): Promise<Seen> {
  const [held, used] = [machine('booth-1'), machine('booth-2')]
  const fromMs = (await held.simulator.judge()).atMs
  const unlocks: number[] = []
  for (let use = 0; use < uses; use++) {
    const token = await used.token()
    const startMs = nowMs()
    const { id } = await api.unlocked(used.id, token)
    unlocks.push(nowMs() - startMs)
    await api.ended(id)
    await pause(200)
  }
  const { outputEdges, writeFrames } = await held.simulator.judge()
  const beats = writeFrames.last.filter(({ words, atMs }) => words[4] === ENABLE && atMs >= fromMs)
  const late = beats.slice(1).map(({ atMs }, index) => Math.max(0, atMs - beats[index]!.atMs - HEARTBEAT_MS))
  unlocks.sort((a, b) => a - b)
  late.sort((a, b) => a - b)
  return {
    unlockMs: unlocks[Math.floor(unlocks.length / 2)]!,
    lateMs: late[Math.floor(late.length * 0.99)] ?? Number.NaN,
    lost: outputEdges.flatMap(({ on, atMs, cause }) => (!on && atMs >= fromMs ? [cause] : [])),
  }
}
