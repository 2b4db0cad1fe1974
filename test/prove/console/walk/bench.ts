/** A technician: the drill, what a sink has set aside, blocks, acceptance, upkeep, trust, prices, labels, the plan. */
import type { Page } from 'playwright-core'
import { until } from '../../../support/process.ts'
import { BOOTH, INSTRUMENT } from '../house.ts'
import { SLOW_MS } from '../stage.ts'
import { act, signIn, type Walk } from './walk.ts'

const DRILL_MS = 120_000

/** Tenants are let in after it. */
export async function drill({ house, enter, look, say, url }: Walk): Promise<void> {
  const { simulator } = house.plant.machine(BOOTH)
  await simulator.operate({ autoStart: false })
  const page = await enter()
  await signIn(page, url, house.plant.key('wang'))
  await page.goto(`${url}/bench`)
  await page.waitForSelector('.links li[data-state=up]')
  await look(page, 'the bench')
  await act(page, 'bench.maintenance.on', say())
  await page.check('.check input')
  await look(page, 'a drill, before it')
  await act(page, 'bench.drill.begin', say())
  await page.waitForSelector('.sights .lease[points*=" "]')
  await look(page, 'a drill while it runs')
  await page.waitForSelector('.drill-state[data-state=passed]', { timeout: DRILL_MS })
  await look(page, 'a drill that has passed')
  await act(page, 'bench.maintenance.off', say())
  await page.waitForSelector('[id="why-bench.maintenance.on"]')
  await simulator.operate({ autoStart: true })
}

export async function technician(walk: Walk): Promise<void> {
  const { house, enter, url } = walk
  const page = await enter()
  await signIn(page, url, house.plant.key('wang'))
  await refuseThree(walk)
  await page.goto(`${url}/bench`)
  await setAside(walk, page)
  await around(walk, page)
  await atMachine(walk, page)
  await views(walk, page)
  await trust(walk, page)
  await place(walk, page)
}

/** The store will not have three entries. */
async function refuseThree({ house: { plant, store } }: Walk): Promise<void> {
  store.refuseNext(3)
  const path = `/machines/${INSTRUMENT}/maintenance`
  for (const on of [true, false, true, false])
    await plant.api.call('POST', path, { token: plant.key('wang'), body: { on, reason: 'makes an entry' } })
  await until(() => store.refused().length === 3, SLOW_MS, 'the store gets nothing to refuse')
}

async function setAside({ house: { store }, look, say }: Walk, page: Page): Promise<void> {
  const sink = page.locator('[data-sink=influx]')
  await sink.locator('.failed:text-is("3")').waitFor()
  await sink.locator('button[aria-expanded]').click()
  const items = sink.locator('[data-entry]')
  for (const [left, what] of [
    [2, 'drop'],
    [1, 'mend'],
    [0, 'release'],
  ] as const) {
    await items.nth(left).waitFor()
    await items.first().locator('button').click()
    await items.first().locator(`input[value=${what}]`).check()
    if (what === 'mend')
      await items.first().locator('textarea').fill(`availability,site=house,machine=${INSTRUMENT} state="Mended"`)
    if (what === 'release') store.forgive()
    await look(page, `an entry that is set aside: ${what}`)
    await act(page, `sink.${what}.do`, say())
    await until(async () => (await items.count()) === left, SLOW_MS, `${left} do not stay`)
  }
}

/** The rest of the first view. */
async function around({ look, say }: Walk, page: Page): Promise<void> {
  await page.click('.webhook button')
  await page.waitForSelector('.webhook [data-arrived]')
  await page.click('[data-place^="pages/bench/reach.tsx"]')
  await page.waitForSelector('.findings li')
  const [from, to] = await page.locator('input[data-place^="pages/bench/blocks.tsx"]').all()
  await from!.fill('2099-01-01T10:00')
  await to!.fill('2099-01-01T11:00')
  await page.waitForSelector('[id="why-bench.block.do"]')
  await look(page, 'a block, and what was reached')
  await act(page, 'bench.block.do', say())
  await page.waitForSelector('.blocks li')
  for (const field of await page.locator('[id^="shown-"]').all()) await field.fill('1')
  await look(page, 'an acceptance')
  await act(page, 'accept.do', say())
  await page.waitForSelector('.report table', { timeout: 2 * SLOW_MS })
  await look(page, 'what was accepted')
  await page.click('.blocks li button')
  await page.waitForSelector('.blocks li', { state: 'detached' })
}

async function atMachine({ look, say, url }: Walk, page: Page): Promise<void> {
  await page.goto(`${url}/machines/${BOOTH}`)
  await page.waitForSelector('.chart canvas')
  await page.waitForSelector('.happened ~ button')
  await look(page, 'a machine')
  await page.click('.reports li > button')
  await page.fill('.reports li input[type=datetime-local]', '2099-01-01T12:00')
  for (const _ of ['filter', 'scale']) await page.locator('.upkeep li > button').first().click()
  await page.fill('[id^="parts-"]', say())
  await look(page, 'a report that is seen to, and upkeep')
  await act(page, 'report.take', say())
  await page.waitForSelector('.reports li > button')
  await page.fill('[id^="number-"]', say('plain'))
  await page.fill('[id^="day-"]', '2026-01-31')
  for (const service of ['filter', 'scale']) await act(page, `upkeep.do-${service}`, say())
  await page.waitForSelector('.upkeep li:nth-child(2) > button')
  await page.click('.reports li > button')
  const open = page.locator('.reports li')
  const before = await open.count()
  await act(page, 'report.close', say())
  await until(async () => (await open.count()) < before, SLOW_MS, 'the report is not closed')
  await page.waitForSelector('.hand-over dd, .history li')
  await look(page, 'a machine after its upkeep')
}

async function views({ look, url }: Walk, page: Page): Promise<void> {
  for (const [view, ready] of [
    ['upkeep', '.services td'],
    ['labels', '.sticker'],
    ['tariffs', '.quote'],
  ] as const) {
    await page.goto(`${url}/bench?view=${view}`)
    await page.waitForSelector(ready)
    await look(page, `the bench: ${view}`)
  }
  await page.click('.quote button')
  await page.waitForSelector('[role=status] .facts')
  await look(page, 'a quote')
  await page.fill('.quote input[name=minutes]', '60000')
  await page.click('.quote button')
  await page.waitForSelector('.refused')
  await look(page, 'a quote that is refused')
}

async function trust({ look, say, url }: Walk, page: Page): Promise<void> {
  await page.goto(`${url}/bench?view=trust`)
  const shown = page.locator('.certificate[data-place=rejected]').first()
  await shown.waitFor()
  await shown.locator('.check input').check()
  await page.locator('.certificate[data-place=own] summary').first().click()
  await look(page, 'a certificate that nobody trusts yet')
  await act(page, 'trust.approve.do', say())
  const trusted = page.locator('.certificate[data-place=trusted]').first()
  await trusted.locator('summary').click()
  await look(page, 'a certificate that is trusted')
  await act(page, 'trust.reject.do', say())
  await trusted.waitFor({ state: 'detached' })
}

async function place({ look, url }: Walk, page: Page): Promise<void> {
  await page.goto(`${url}/?plan`)
  await page.selectOption('.placing select', INSTRUMENT)
  await page.click('.arrows button')
  await page.waitForSelector('.place[data-moving]')
  await look(page, 'a machine that is placed')
  await page.click('.arrows .primary')
  await page.waitForSelector('.placing .small:not(:empty):last-of-type')
}
