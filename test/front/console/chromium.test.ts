/**
 * The floor as a person sees it, in a real Chromium before a real front: live without a reload, in both languages, cut
 * off within three seconds, and healed. The main paths of all pages are shown by `npm run prove -- console`.
 */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openChromium } from '../../support/chromium.ts'
import { createScope, pause } from '../../support/proof.ts'
import { realPart } from '../../support/real.ts'
import { type Bench, createBench } from '../api/bench.ts'
import { boardRow } from '../api/rows.ts'

const scope = createScope('console')

describe.skipIf(!realPart('chromium'))('the floor in a browser', () => {
  let bench: Bench
  let page: Page
  const show = (state: 'Available' | 'OutOfOrder') =>
    bench.setBoard(
      ...bench.config.machines.map(({ id }) =>
        boardRow(id, { availability: { state }, asOfNs: bench.clock.ns, maxAgeMs: 600_000 }),
      ),
    )
  /** As a browser does when its tab is left, and looked at again. */
  const see = (state: 'hidden' | 'visible') =>
    page.evaluate(`Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))`)
  beforeAll(async () => {
    bench = await createBench((config) => ({ ...config, api: { ...config.api, board: 'states' } }))
    show('Available')
    const url = await bench.app.listen({ port: 0, host: '127.0.0.1' })
    const context = await (await openChromium(scope)).newContext({ locale: 'zh-CN' })
    page = await context.newPage()
    await page.goto(url)
  })
  afterAll(async () => {
    await scope.close()
    await bench.close()
  })

  it('says what is free in the language of the browser, and in the other by one press', async () => {
    await page.waitForSelector('.card:nth-child(2) .state[data-tone=calm]')
    expect(await page.textContent('.card .state')).toBe('空闲')
    await page.click('.settings button:last-child')
    expect(await page.textContent('.card .state')).toBe('Free')
    expect(await page.getAttribute('html', 'lang')).toBe('en-GB')
  })

  it('shows a change without being loaded again', async () => {
    show('OutOfOrder')
    await page.waitForSelector('.card .state[data-tone=alarm]', { timeout: 3_000 })
    expect(await page.textContent('.card .state')).toBe('Out of order')
  })

  it('holds no stream while nobody sees it, and is as it is now when somebody does', async () => {
    await see('hidden')
    show('Available')
    await pause(600)
    expect(await page.textContent('.card .state')).toBe('Out of order')
    await see('visible')
    await page.waitForSelector('.card .state[data-tone=calm]', { timeout: 3_000 })
    show('OutOfOrder')
    await page.waitForSelector('.card .state[data-tone=alarm]', { timeout: 3_000 })
  })

  it('says within three seconds that it is cut off, keeps what it knew, and heals', async () => {
    await page.context().setOffline(true)
    bench.app.server.closeAllConnections()
    await page.waitForSelector('.page[data-connection=lost] .lost', { timeout: 3_000 })
    expect(await page.textContent('.card .state')).toBe('Out of order')
    await page.context().setOffline(false)
    await page.waitForSelector('.page[data-connection=live]', { timeout: 10_000 })
    expect(await page.$('.lost')).toBeNull()
  })
})
