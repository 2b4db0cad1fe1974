/**
 * A machine added from nothing on the bench, by clicks and keys alone, in both languages: its link and itself by forms
 * of the site file, its counter found behind the display of a simulated meter, its acceptance recorded and checked, its
 * label with the code of its page. The comments of the site file are there before and after.
 */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { startMachine } from '../../support/simulators.ts'
import { createChecks, type Item } from '../item.ts'
import { languages, lookAs, openStage, SLOW_MS, visit } from './stage.ts'

const LOOKS = 8
const LEAST_LOOKS = 4
/** Where the part counter of the simulated booth is. */
const COUNTER = 'holding 10 u32'
/** Slow enough that a look and a read are of one cycle. */
const CYCLE_MS = 3_700
const LOOK_AGAIN_MS = 50

export const commission: Item = {
  name: 'commission',
  fullOnly: true,
  async run(run) {
    const { check, verdict } = createChecks(run.say)
    const stage = await openStage(run)
    for (const language of run.quick ? (['en'] as const) : languages) {
      const meter = await startMachine(run.scope, 'spray-booth', { name: `meter-${language}`, cycleMs: CYCLE_MS })
      // By its own key, so that its counter moves.
      await meter.operate({ mode: 'local' })
      await meter.operate({ autoStart: true })
      const { page, context, faults } = await visit(stage, { language, size: 'tablet' })
      await lookAs(page, stage.url, 'technician')
      const [link, machine] = [`bus-${language}`, `booth-${language}`]
      run.say(`${machine} is added, in ${language}`)
      const before = await siteText(page, stage.url)

      await addLink(page, stage.url, link, meter.modbusPort)
      await addMachine(page, machine, link)
      const after = await siteText(page, stage.url)
      const comments = (text: string) =>
        text
          .split('\n')
          .filter((line) => line.includes('#'))
          .map((line) => line.replace(/.*#/, '#'))
      check(
        `${language}: the comments of the site file are all there`,
        comments(before).every((each) => comments(after).includes(each)),
      )

      await page.goto(`${stage.url}/bench`)
      await page.selectOption('.chooser select', machine)
      await page.waitForSelector('.columns .steps li[data-step=done]:nth-child(3)')
      check(`${language}: its values are read, its state is known, its meters count`, true)

      const found = await matchCounter(page, stage.url, link, async () => (await meter.judge()).partCounter)
      check(`${language}: the register behind its display is found`, found !== undefined, found)
      const made = await profileOf(page, machine, link)
      check(`${language}: a profile is made of it, and a device of the machine is read by it`, made)

      await page.goto(`${stage.url}/bench`)
      await page.selectOption('.chooser select', machine)
      const accepted = await accept(page)
      check(`${language}: the acceptance is recorded, with all its counters`, accepted.good, accepted.text)
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.click('.report .unprinted button:last-child'),
      ])
      const file = await readFile(await download.path(), 'utf8')
      check(
        `${language}: its file names the machine`,
        file.startsWith('{"format":"latchkey-acceptance"') && file.includes(machine),
      )

      check(`${language}: its label shows the code of its page`, await hasLabel(page, stage.url), machine)
      check(`${language}: the browser complains of nothing`, faults.length === 0, faults)
      await context.close()
    }
    return verdict()
  },
}

async function siteText(page: Page, url: string): Promise<string> {
  await page.goto(`${url}/bench?view=file`)
  await page.waitForSelector('details.section pre', { state: 'attached' })
  return (await page.textContent('details.section pre')) ?? ''
}

/** Presses the button for as long as it has something else to say. */
async function save(page: Page): Promise<void> {
  await page.click('.save button[data-saving=validate]')
  await page.waitForSelector('.save button:is([data-saving=save], [data-saving=save-anyway])')
  if ((await page.$('.save button[data-saving=save-anyway]')) !== null)
    await page.fill('#save-why', 'Tried on the bench')
  await page.click('.save button.primary:enabled')
  await page.waitForSelector('.save button[data-saving=validate]')
}

const field = (page: Page, name: string) =>
  page.locator('.edit .field', { has: page.locator(`label:has(code:text-is("${name}"))`) })

export async function addLink(page: Page, url: string, link: string, port: number): Promise<void> {
  await page.goto(`${url}/bench?view=file`)
  await page.click('.section .row button:nth-child(1)')
  await page.fill('#edit-name', link)
  await field(page, 'transport').locator('select').selectOption({ label: 'tcp' })
  await field(page, 'host').locator('input').fill('127.0.0.1')
  await field(page, 'port').locator('input').fill(String(port))
  await save(page)
}

export async function addMachine(page: Page, machine: string, link: string): Promise<void> {
  await page.click('.section .row button:nth-child(2)')
  await page.fill('#edit-name', machine)
  const named = async (legend: RegExp, name: string) => {
    const group = page.locator('.edit fieldset', { has: page.locator('legend', { hasText: legend }) }).first()
    await group.locator('.row input').last().fill(name)
    await group.locator('.row button').last().click()
  }
  await named(/^(Name|名称)$/, 'en')
  await page.locator('.member .field input').first().fill(`Booth of ${machine}`)
  await field(page, 'owner').locator('input').fill('huajian')
  await named(/^(Devices|设备)$/, 'plc')
  await field(page, 'profile').locator('input').fill('sim-spray-booth')
  await field(page, 'link').locator('input').fill(link)
  await field(page, 'state').last().locator('input').fill('plc')
  await save(page)
}

/** The counter of parts, as its display shows it. */
async function matchCounter(
  page: Page,
  url: string,
  link: string,
  shown: () => Promise<number>,
): Promise<string | undefined> {
  await page.goto(`${url}/bench?view=look`)
  await page.selectOption('.filter select', link)
  const [unit, start, count] = await page.locator('.row input[inputmode=numeric]').all()
  await unit!.fill('1')
  await start!.fill('0')
  await count!.fill('120')
  let last = await shown()
  for (let look = 0; look < LOOKS; look++) {
    // Typed right after it has moved, so that it does not move again before it is read.
    const before = last
    for (last = await shown(); last === before; last = await shown()) await page.waitForTimeout(LOOK_AGAIN_MS)
    await page.fill('#look-shown', String(last))
    await page.click('form.reason button')
    await page.waitForSelector('.match')
    // So small a number is in its low register alone as well: nobody could tell which of the two counts.
    const text = (await page.textContent('.match')) ?? ''
    if (look >= LEAST_LOOKS && text.includes(COUNTER)) return text
  }
  return undefined
}

/** What was found gets a name, the profile is made, and a further device of the machine is read by it. */
async function profileOf(page: Page, machine: string, link: string): Promise<boolean> {
  await page.locator('.match li', { hasText: COUNTER }).first().locator('button').click()
  await page.fill('.name-it input[name="profile.signal"]', 'parts')
  await page.fill('.name-it input[name="profile.unit"]', 'pcs')
  await page.check('.name-it input[type=checkbox]')
  await page.click('.name-it > button')
  const profile = `${machine}-display`
  await page.fill('.make-profile input[name="profile.name"]', profile)
  await page.fill('.make-profile input[name="profile.maker"]', 'Nobody')
  await page.fill('.make-profile input[name="profile.model"]', 'display')
  await page.click('.make-profile button[type=submit]')
  await page.waitForSelector('.make-profile details')
  // What was made is in this page until it is saved, so that it is not loaded anew.
  await page.locator('.views button', { hasText: /^(Site file|站点文件)$/ }).click()
  await page.selectOption('.row > .filter:nth-child(2) select', machine)
  const devices = page
    .locator('.edit fieldset', { has: page.locator('legend', { hasText: /^(Devices|设备)$/ }) })
    .first()
  await devices.locator('.row input').last().fill('display')
  await devices.locator('.row button').last().click()
  const last = (name: string) => field(page, name).last().locator('input')
  await last('profile').fill(profile)
  await last('link').fill(link)
  await last('unit').fill('1')
  await save(page)
  const value = `fetch('/v1/machines/${machine}/signals').then((answer) => answer.json())
    .then(({ signals }) => signals.find(({ id }) => id === '${machine}/display.parts')?.value)`
  for (let look = 0; look < LOOKS; look++) {
    if (Number(await page.evaluate(value)) > 0) return true
    await page.waitForTimeout(1_000)
  }
  return false
}

async function accept(page: Page): Promise<{ good: boolean; text: string }> {
  await page.waitForSelector('[id^="shown-"]')
  // Who stands before it types what its own display shows: here, what is on the page of the gateway.
  const id = /machines\/|(?<=shown-)([a-z0-9-]+)\//.exec(
    (await page.locator('[id^="shown-"]').first().getAttribute('id')) ?? '',
  )?.[1]
  const { signals } = (await page.evaluate(`fetch('/v1/machines/${id}/signals').then((answer) => answer.json())`)) as {
    signals: { id: string; value: number; counts?: true }[]
  }
  for (const { id: signal, value } of signals.filter(({ counts }) => counts))
    await page.fill(`[id="shown-${signal}"]`, String(value))
  await page.fill('[id="why-accept.do"]', 'Handed over to its owner')
  await page.click('form:has([id="why-accept.do"]) button')
  await page.waitForSelector('.report table', { timeout: 2 * SLOW_MS })
  const text = (await page.textContent('.report')) ?? ''
  return { good: (await page.$$('.report .fails')).length === 0 && text.includes(id!), text }
}

async function hasLabel(page: Page, url: string): Promise<boolean> {
  await page.goto(`${url}/bench?view=labels`)
  const sticker = page.locator('.sticker').first()
  const code = await sticker.locator('.label strong').textContent()
  const address = (await sticker.locator('.address').textContent()) ?? ''
  const dark = await sticker.locator('.qr .dark').getAttribute('d')
  await page.goto(address)
  return dark !== null && dark.length > 100 && (await page.textContent('.label strong')) === code
}
