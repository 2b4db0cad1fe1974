/**
 * A tablet that is everybody's, tabs that are one person's, and a gateway that starts again in the middle of a form:
 * nobody sees or does anything in the name of whoever was there before, and whoever comes back finds what they typed.
 */
import type { BrowserContext, Page } from 'playwright-core'
import { openChromium } from '../../support/chromium.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { type Checks, createChecks, type Item } from '../item.ts'
import { visit } from './stage.ts'

const BOOTH = 'booth-1'
const TYPED = 'A filter that nobody has ordered yet'
const FIELD = '[id="why-bench.maintenance.on"]'

type Shop = {
  readonly plant: Plant
  readonly url: string
  readonly page: Page
  readonly context: BrowserContext
  readonly check: Checks['check']
}

export const shared: Item = {
  name: 'shared',
  async run({ scope, say }) {
    const { check, verdict } = createChecks(say)
    const plant = await startPlant(scope, {
      site: 'shared',
      machines: { 'spray-booth': 1 },
      cycleMs: 300,
      autoStart: true,
      api: { board: 'free' },
      people: {
        wang: { role: 'technician', name: 'Wang' },
        zhou: { role: 'technician', name: 'Zhou' },
        chen: { role: 'auditor', name: 'Chen' },
      },
    })
    const browser = await openChromium(scope)
    const url = new URL(plant.api.url).origin
    for (const person of [oneTablet, twoTabs, backAgain, restarted]) {
      say(person.name)
      const { page, context, faults } = await visit({ browser }, { size: 'tablet' })
      await person({ plant, url, page, context, check })
      check(`${person.name}: the browser complains of nothing`, faults.length === 0, faults)
      await context.close()
    }
    return verdict()
  },
}

async function signIn(page: Page, key: string): Promise<void> {
  await page.fill('#credential', key)
  await page.click('.sign-in .primary')
  await page.waitForSelector('.who button')
}

/** One tenant ends and leaves without signing out; the next signs in by a link on the same page. */
async function oneTablet({ plant, url, page, check }: Shop): Promise<void> {
  const { booking, token } = plant.machine(BOOTH)
  await page.goto(`${url}/m/${BOOTH}#token=${await token()}`)
  await page.click('.stage .primary.large')
  await page.waitForSelector('.stage .clock')
  await page.click('.end > button')
  await page.click('.confirm .primary')
  await page.waitForSelector('.stage .used')
  await page.waitForSelector('.stage h2:has-text("locked"), .stage .actions', { timeout: 60_000 })
  const next = { ...booking, booking: 'next', tenant: 'next-tenant' }
  await page.evaluate(`location.hash = ${JSON.stringify(`#token=${await plant.platform.token(next)}`)}`)
  await page.waitForSelector('.who:has-text("next-tenant")')
  await page.waitForSelector('.stage .booked')
  check('the next tenant sees nothing of the use before', !(await page.isVisible('.stage .used')))
}

async function twoTabs({ plant, url, page, context, check }: Shop): Promise<void> {
  await page.goto(`${url}/bench`)
  await signIn(page, plant.key('wang'))
  await page.waitForSelector(FIELD)
  await page.fill(FIELD, TYPED)
  const other = await context.newPage()
  await other.goto(`${url}/books`)
  await other.waitForSelector('.who:has-text("Wang")')
  await signIn(other, plant.key('chen'))
  await page.waitForSelector('.who:has-text("Chen")')
  check('a tab is of whoever has signed in last', (await page.$(FIELD)) === null)
  await other.click('.who button')
  await page.waitForSelector('a.who')
  check('who signs out in one tab has done it in all', (await page.$('.links, .usage')) === null)
  await signIn(page, plant.key('wang'))
  await page.waitForSelector(FIELD)
  check('nothing is left of what was typed', (await page.inputValue(FIELD)) === '')
}

/** The button of the browser leads to a page from before the sign-out. */
async function backAgain({ plant, url, page, check }: Shop): Promise<void> {
  await page.goto(`${url}/books`)
  await signIn(page, plant.key('chen'))
  await page.waitForSelector('.usage, .empty')
  await page.click('.brand')
  await page.waitForSelector('.card')
  await page.click('.who button')
  await page.waitForSelector('a.who')
  await page.goBack()
  await page.waitForSelector('#credential')
  check('back after the sign-out, the books are closed', (await page.$('.usage')) === null)
  await page.goto(`${url}/verify`)
  await page.goBack()
  await page.waitForSelector('#credential')
  check('and so they are from further away', (await page.$('.usage')) === null)
}

/** A restart signs everybody out. */
async function restarted({ plant, url, page, check }: Shop): Promise<void> {
  await page.goto(`${url}/bench`)
  await signIn(page, plant.key('wang'))
  await page.waitForSelector(FIELD)
  await page.fill(FIELD, TYPED)
  await plant.gateway.kill()
  await page.waitForSelector('.page[data-connection=lost]')
  check('while it is gone nothing can be pressed', await page.isDisabled(`form:has(${FIELD}) button`))
  await plant.gateway.start()
  await page.waitForSelector('#credential', { timeout: 60_000 })
  check('the page is closed until somebody signs in', !(await page.isVisible(FIELD)))
  await signIn(page, plant.key('wang'))
  await page.waitForSelector(FIELD)
  check('who comes back finds what was typed', (await page.inputValue(FIELD)) === TYPED)
  await page.click(`form:has(${FIELD}) button`)
  await page.waitForSelector('[id="why-bench.maintenance.off"]')
  await page.fill('[id="why-bench.maintenance.off"]', TYPED)
  await plant.gateway.kill()
  await plant.gateway.start()
  await page.waitForSelector('#credential', { timeout: 60_000 })
  await signIn(page, plant.key('zhou'))
  await page.waitForSelector('[id="why-bench.maintenance.off"]')
  check('somebody else does not', (await page.inputValue('[id="why-bench.maintenance.off"]')) === '')
}
