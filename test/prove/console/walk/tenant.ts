/** Whoever comes by, and a tenant from the questions before the use to those after it. */
import type { Page } from 'playwright-core'
import { BOOTH, INSTRUMENT } from '../house.ts'
import { PHOTO } from '../report.ts'
import type { Walk } from './walk.ts'

export async function stranger({ enter, look, url }: Walk): Promise<void> {
  const page = await enter()
  for (const [path, ready] of [
    ['/', '.day-line'],
    ['/?wall', '.page[data-wall] .card'],
    ['/?plan', '.place'],
    ['/sign-in', '#credential'],
    ['/bench', '#credential'],
    [`/machines/${BOOTH}`, '.facts'],
    [`/m/${BOOTH}`, '#credential'],
    ['/m/Nowhere', '.empty'],
  ] as const) {
    await page.goto(url + path)
    await page.waitForSelector(ready)
    await look(page, `${path}, signed out`)
  }
  await page.goto(`${url}/sign-in`)
  await page.fill('#credential', 'nothing-that-is-known-here')
  await page.click('.sign-in .primary')
  await page.waitForSelector('.refused')
  await look(page, 'a sign-in that is refused')
}

const UNLOCK = '.stage .primary.large'

export async function tenant(walk: Walk): Promise<void> {
  const { house, enter, look, url } = walk
  const { simulator, token } = house.plant.machine(BOOTH)
  const page = await enter()
  await page.goto(`${url}/m/${BOOTH}#token=${await token()}`)
  await page.waitForSelector('.questions')
  await look(page, 'questions before a use')
  await letIn(walk, page)
  await page.click('.end > button')
  await look(page, 'the end, asked once more')
  await page.click('.confirm button:last-child')
  await simulator.operate({ emergencyStop: true })
  await page.waitForSelector('.stage[data-attention]')
  await look(page, 'a use that was stopped')
  await simulator.operate({ emergencyStop: false })
  await page.waitForSelector(`.stage[data-attention] ${UNLOCK.slice('.stage '.length)}:enabled`)
  await page.click(UNLOCK)
  await page.waitForSelector('.stage .clock')
  await report(walk, page)
  await page.click('.section:has(.calendar-addresses) > button')
  await page.waitForSelector('.log-key')
  await look(page, 'a calendar address')
  await page.goto(`${url}/m/${INSTRUMENT}`)
  await page.waitForSelector('.stage a.primary')
  await look(page, 'the machine of somebody else')
  await page.goto(`${url}/m/${BOOTH}`)
  await page.waitForSelector('.stage .clock')
  await leave(walk, page)
}

async function letIn({ look, say }: Walk, page: Page): Promise<void> {
  await page.check('.questions input[value=no]')
  await page.fill('#question-pressure', '4.5')
  await page.fill('#question-paint', say())
  await page.click(UNLOCK)
  await page.waitForSelector('.refused')
  await look(page, 'an unlock that is refused')
  await page.check('.questions input[value=yes]')
  await page.fill('#question-pressure', '4.5')
  await page.fill('#question-paint', say())
  await page.click(UNLOCK)
  await page.waitForSelector('.stage .clock')
  await page.waitForSelector('.extend button')
  await look(page, 'a use')
}

async function report({ look, say }: Walk, page: Page): Promise<void> {
  await page.click('.reports > button')
  await look(page, 'a report')
  await page.fill('#report-text', say())
  await page.setInputFiles('#report-photos', { name: 'p.png', mimeType: 'image/png', buffer: PHOTO })
  await page.waitForSelector('#report-note:has-text("1")')
  await page.click('.report .primary')
  await page.waitForSelector('.reports li')
}

async function leave({ look, say }: Walk, page: Page): Promise<void> {
  await page.click('.end > button')
  await page.click('.confirm .primary')
  await page.waitForSelector('.stage .actions', { timeout: 60_000 })
  await look(page, 'questions after a use')
  await page.check('.questions input[value=dusty]')
  await page.fill('#question-remark', say())
  await page.click('.questions .primary')
  await page.waitForSelector('.stage .note[role=status]')
  await look(page, 'a use that has ended')
}
