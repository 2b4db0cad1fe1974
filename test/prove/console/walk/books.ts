/** Two auditors and an owner: a total down to its readings, a bill and its credit, statements, a problem. */
import type { Page } from 'playwright-core'
import { BOOTH } from '../house.ts'
import { act, signIn, type Walk } from './walk.ts'

const DAY_MS = 86_400_000

export async function auditors(walk: Walk): Promise<void> {
  const { house, enter, look, say, url } = walk
  const { plant } = house
  const note = { passed: false, note: say() }
  await plant.api.call('POST', `/machines/${BOOTH}/inspection`, { token: plant.key('wang'), body: note })
  const page = await enter()
  await signIn(page, url, plant.key('chen'))
  await page.goto(`${url}/books`)
  await page.click('.usage tbody button.link')
  await page.click('.lines button.line')
  await look(page, 'a total, down to its readings')
  await page.click('.problems li button')
  await look(page, 'a problem that is corrected')
  await act(page, 'correct.do', say())
  await page.waitForSelector('.correct', { state: 'detached' })
  await period(page)
  await credit(walk, page)
  await issue(walk, page)
  const other = await enter()
  await signIn(other, url, plant.key('li'))
  await other.goto(`${url}/books`)
  await period(other)
  await other.waitForSelector('.waiting li button:enabled')
  await look(other, 'a credit that waits for a second person')
  await other.click('.waiting li button')
  await other.waitForSelector('.approved li')
  await look(other, 'a credit of two people')
}

async function credit({ look, say }: Walk, page: Page): Promise<void> {
  await page.click('tbody:has(bdi:text-is("booth@1")) button.link >> nth=-1')
  await look(page, 'a bill')
  await page.click('.bill-more .actions-line button')
  await page.check('.propose input[value=reduce]')
  await look(page, 'a credit of units')
  await page.check('.propose input[value=waive]')
  await act(page, 'credit.do', say())
  await page.waitForSelector('.waiting li')
  await look(page, 'a credit that one person has proposed')
}

/** The period is not over yet; one that is gets issued beside the page. */
async function issue({ house: { plant }, look }: Walk, page: Page): Promise<void> {
  await page.click('.issue button')
  await page.waitForSelector('.issue .refused')
  await look(page, 'a statement that is not issued')
  const [from, to] = [new Date(Date.now() - DAY_MS), new Date()]
  const body = { from: from.toISOString(), to: to.toISOString() }
  await plant.api.call('POST', '/statements', { token: plant.key('chen'), body })
  await page.reload()
  await page.click('.issued li button')
  await page.waitForSelector('.issued li .wide:not(:empty)')
  await look(page, 'a statement that was issued')
}

/** Days around now, whatever the zone. */
async function period(page: Page): Promise<void> {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  await page.fill('.tools input[type=date] >> nth=0', day(Date.now() - DAY_MS))
  await page.fill('.tools input[type=date] >> nth=1', day(Date.now() + DAY_MS))
  await page.waitForSelector('tbody:has(bdi:text-is("booth@1"))')
}

export async function owner({ house, enter, look, url }: Walk): Promise<void> {
  const page = await enter()
  await signIn(page, url, house.plant.key('zhao'))
  for (const [path, ready] of [
    [`/machines/${BOOTH}`, '.facts'],
    ['/books', '.usage tbody'],
    ['/bench', '#credential'],
  ] as const) {
    await page.goto(url + path)
    await page.waitForSelector(ready)
    await look(page, `${path}, as its owner`)
  }
}
