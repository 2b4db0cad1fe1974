/** A technician who looks into a device: registers, the number of a display, a profile made of it, nodes. */
import type { Page } from 'playwright-core'
import { BOOTH, INSTRUMENT } from '../house.ts'
import { signIn, type Walk } from './walk.ts'

export async function registers(walk: Walk): Promise<void> {
  const { house, enter, look, url } = walk
  const page = await enter()
  await signIn(page, url, house.plant.key('wang'))
  await page.goto(`${url}/bench?view=look`)
  await page.selectOption('.filter select', `${BOOTH}-modbus`)
  await page.click('.row button')
  await page.waitForSelector('.registers td')
  await look(page, 'registers')
  await profile(walk, page)
  await page.selectOption('.filter select', `${INSTRUMENT}-opcua`)
  await page.click('.way button')
  await page.waitForSelector('.nodes')
  await look(page, 'the topmost nodes')
  await page.click('.nodes button.link')
  await page.waitForSelector('.way button:nth-child(2)')
  await look(page, 'nodes')
}

async function profile({ house, look, say }: Walk, page: Page): Promise<void> {
  const { simulator } = house.plant.machine(BOOTH)
  await simulator.operate({ autoStart: false })
  const { partCounter } = await simulator.judge()
  const compare = async () => {
    // Another place is another search.
    await page.locator('.row input[inputmode=numeric]').first().fill('1')
    await page.fill('#look-shown', String(partCounter))
    await page.click('form.reason button')
    await page.waitForSelector('.match li button')
  }
  const name = async () => {
    await compare()
    await page.click('.match li button')
    await page.fill('.name-it input[name="profile.signal"]', 'parts')
    await page.fill('.name-it input[name="profile.unit"]', 'pcs')
  }
  await compare()
  await look(page, 'what may be behind a display')
  await name()
  await look(page, 'a place that gets a name')
  await name()
  await page.click('.name-it > button')
  await look(page, 'a profile')
  await page.fill('.make-profile input[name="profile.name"]', 'display')
  await page.fill('.make-profile input[name="profile.maker"]', say('plain'))
  await page.fill('.make-profile input[name="profile.model"]', say('plain'))
  await page.click('.make-profile button[type=submit]')
  await page.waitForSelector('.make-profile details')
  await page.click('.make-profile summary')
  await look(page, 'a profile that was made')
}
