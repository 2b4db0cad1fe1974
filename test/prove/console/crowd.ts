/**
 * Fifty pages that watch the floor: heartbeats of an unlocked machine and the time an unlock takes stay what they were
 * without them. Three are real, in Chromium; fifty of those on this host would measure the host. The others ask what a
 * page asks, and read its stream: what the gateway does for them is the same.
 */
import type { Browser } from 'playwright-core'
import { openChromium } from '../../support/chromium.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { nowMs, pause } from '../../support/proof.ts'
import { ENABLE } from '../../support/simulators.ts'
import { createChecks, type Item } from '../item.ts'

const PAGES = 50
const REAL = 3
/** A page asks for the day anew. */
const DAY_MS = 15_000
/** With this long no sign of life a page says that it is cut off. */
const LOST_AFTER_MS = 2_500
const HEARTBEAT_MS = 1_000
const OPEN_MS = 60_000
/** An unlock is confirmed by polls of half a second, so that a median moves by itself. */
const MOVES = { share: 1.25, ms: 40 } as const
/** How long is measured, without the pages and with them. */
const MEASURE_MS = { quick: 8_000, full: 30_000 } as const
const SAY_MS = 10_000
/** Between two uses of a machine. */
const REST_MS = 200
/** A median of fewer says nothing. */
const LEAST_USES = 6

export const crowd: Item = {
  name: 'crowd',
  fullOnly: true,
  async run({ quick, scope, say }) {
    const { check, verdict } = createChecks(say)
    const forMs = MEASURE_MS[quick ? 'quick' : 'full']
    const plant = await startPlant(scope, {
      ...{ site: 'crowd', machines: { 'spray-booth': 4 }, api: { board: 'states' } },
    })
    const held = plant.machine('booth-1')
    await plant.api.unlocked(held.id, await held.token())
    say(`the plant is up; ${forMs / 1000} s without pages`)
    const alone = await measure(plant, forMs, say)
    say(`alone: ${said(alone)}`)
    const pages = await openPages(await openChromium(scope), plant.api.url)
    const devices = await Promise.all(Array.from({ length: PAGES - REAL }, () => openDevice(plant.api.url)))
    scope.defer(() => {
      for (const { close } of devices) close()
    })
    say(`${PAGES} pages are open; ${forMs / 1000} s with them`)
    const together = await measure(plant, forMs, say)
    say(`with ${PAGES} pages: ${said(together)}`)
    const live = await Promise.all(pages.map((page) => page.isVisible('.page[data-connection=live] .card')))
    const silent = devices.map(({ silenceMs }) => silenceMs()).filter((ms) => ms > LOST_AFTER_MS)
    check('every page is live at the end', live.every(Boolean), live.filter((is) => !is).length)
    check('no stream was silent so long that a page says it is cut off', silent.length === 0, silent)
    const most = Math.max(alone.unlockMs * MOVES.share, alone.unlockMs + MOVES.ms)
    check('an unlock takes no longer', together.unlockMs <= most, [alone.unlockMs, together.unlockMs])
    check('heartbeats come when they came', together.lateMs <= Math.max(alone.lateMs * 2, 100), together.lateMs)
    check('there were uses to compare', Math.min(alone.uses, together.uses) >= LEAST_USES, [alone.uses, together.uses])
    check('no lease was lost', together.lost.length === 0, together.lost)
    return verdict(`alone ${said(alone)}; with ${PAGES} pages ${said(together)}`)
  },
}

async function openPages(browser: Browser, url: string) {
  const pages = []
  for (let opened = 0; opened < REAL; opened++) {
    const page = await (await browser.newContext()).newPage()
    await page.goto(url, { timeout: OPEN_MS })
    await page.waitForSelector('.page[data-connection=live] .card', { timeout: OPEN_MS })
    pages.push(page)
  }
  return pages
}

type Device = {
  /** The longest silence of its stream, ms. */
  readonly silenceMs: () => number
  readonly close: () => void
}

/** What a page asks when it is opened, and while it is. */
async function openDevice(url: string): Promise<Device> {
  const end = new AbortController()
  const { signal } = end
  const ask = async (path: string) => (await fetch(url + path, { signal })).text()
  const document = await ask('/')
  await Promise.all([...document.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => ask(path!)))
  await ask('/console/session')
  const look = () => void ask(`/console/day?day=${new Date().toISOString().slice(0, 10)}`).catch(() => {})
  look()
  const timer = setInterval(look, DAY_MS)
  let heardMs = nowMs()
  let silenceMs = 0
  const { body } = await fetch(`${url}/console/live`, { signal })
  const heard = () => {
    silenceMs = Math.max(silenceMs, nowMs() - heardMs)
    heardMs = nowMs()
  }
  void read(body!, heard).catch(() => {})
  return {
    silenceMs: () => Math.max(silenceMs, nowMs() - heardMs),
    close() {
      clearInterval(timer)
      end.abort()
    },
  }
}

async function read(body: ReadableStream<Uint8Array>, heard: () => void): Promise<void> {
  for await (const _ of body as unknown as AsyncIterable<Uint8Array>) heard()
}

type Seen = {
  readonly uses: number
  /** Median of the unlocks. */
  readonly unlockMs: number
  /** The latest heartbeat but one in a hundred. */
  readonly lateMs: number
  readonly lost: readonly string[]
}

const said = ({ uses, unlockMs, lateMs }: Seen) =>
  `unlock ${Math.round(unlockMs)} ms (${uses} uses), heartbeats ${Math.round(lateMs)} ms late at most`

/** For so long: one machine is held, and the others are used again and again, each by itself. */
async function measure({ api, machine, machines }: Plant, forMs: number, say: (text: string) => void): Promise<Seen> {
  const held = machine('booth-1')
  const fromMs = (await held.simulator.judge()).atMs
  const endMs = nowMs() + forMs
  const unlocks: number[] = []
  const timer = setInterval(() => say(`${unlocks.length} uses so far`), SAY_MS)
  const use = async ({ id, token }: Plant['machines'][number]) => {
    while (nowMs() < endMs) {
      const credential = await token()
      const startMs = nowMs()
      const session = await api.unlocked(id, credential)
      unlocks.push(nowMs() - startMs)
      await api.ended(session.id)
      await pause(REST_MS)
    }
  }
  try {
    await Promise.all(machines.filter(({ id }) => id !== held.id).map(use))
  } finally {
    clearInterval(timer)
  }
  const { outputEdges, writeFrames } = await held.simulator.judge()
  const beats = writeFrames.last.filter(({ words, atMs }) => words[4] === ENABLE && atMs >= fromMs)
  const late = beats.slice(1).map(({ atMs }, index) => Math.max(0, atMs - beats[index]!.atMs - HEARTBEAT_MS))
  unlocks.sort((a, b) => a - b)
  late.sort((a, b) => a - b)
  return {
    uses: unlocks.length,
    unlockMs: unlocks[Math.floor(unlocks.length / 2)]!,
    lateMs: late[Math.floor(late.length * 0.99)] ?? Number.NaN,
    lost: outputEdges.flatMap(({ on, atMs, cause }) => (!on && atMs >= fromMs ? [cause] : [])),
  }
}
