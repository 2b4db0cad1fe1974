/** A technician at the forms of the site file: a link and a machine that are there, new ones, what saving would do. */
import type { Page } from 'playwright-core'
import { BOOTH } from '../house.ts'
import { signIn, type Walk } from './walk.ts'

export async function siteFile({ house, enter, look, say, url }: Walk): Promise<void> {
  const page = await enter()
  await signIn(page, url, house.plant.key('wang'))
  await page.goto(`${url}/bench?view=file`)
  await page.waitForSelector('.edit')
  await look(page, 'the site file')
  const [links, machines] = [page.locator('.row > .filter select').nth(0), page.locator('.row > .filter select').nth(1)]
  await machines.selectOption(BOOTH)
  await openAll(page)
  await look(page, 'a machine in the site file')
  await links.selectOption(`${BOOTH}-modbus`)
  await openAll(page)
  await look(page, 'a link in the site file')
  await page.click('.section .row button:nth-child(2)')
  await openAll(page)
  await look(page, 'a new machine')
  await page.click('.section .row button:nth-child(1)')
  await openAll(page)
  await look(page, 'a new link')
  await page.fill('#edit-name', 'spare')
  await page.locator('.edit .field:has(code:text-is("transport")) select').selectOption({ label: 'tcp' })
  await page.locator('.edit .field:has(code:text-is("host")) input').fill('127.0.0.1')
  await page.click('.save button')
  await page.waitForSelector('#save-why')
  await look(page, 'a change that is saved anyway')
  await page.fill('#save-why', say())
  await page.click('.save button:enabled')
  await page.waitForSelector('.save button[data-saving=validate]')
}

/** What stands behind doors is there too. */
const openAll = (page: Page) =>
  page.evaluate('for (const each of document.querySelectorAll(".edit details")) each.open = true')
