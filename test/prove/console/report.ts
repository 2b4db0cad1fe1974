/**
 * A fault from the tenant who finds it to the technician who closes it: reported with a photo at the machine, on the
 * floor with its expected end, seen to, and gone.
 */
import type { Page } from 'playwright-core'
import type { Checks } from '../item.ts'
import { BOOTH, book, type Language, lookAs, type Stage, visit } from './stage.ts'

/** One red point. */
export const PHOTO = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)

export async function report(stage: Stage, language: Language, check: Checks['check']): Promise<void> {
  const text = language === 'en' ? 'The hose leaks' : '软管漏气'
  const tenant = await visit(stage, { language })
  await book(tenant.page, stage.url)
  await tenant.page.click('.reports > button')
  await tenant.page.fill('#report-text', text)
  await tenant.page.setInputFiles('#report-photos', { name: 'p.png', mimeType: 'image/png', buffer: PHOTO })
  await tenant.page.waitForSelector('#report-note:has-text("1")')
  await tenant.page.click('.report .primary')
  await tenant.page.waitForSelector(`.reports li:has-text("${text}")`)
  check(`${language}: a fault is reported with a photo`, true)
  await tenant.context.close()

  const technician = await visit(stage, { language, size: 'tablet' })
  const { page } = technician
  await lookAs(page, stage.url, 'technician')
  await page.goto(`${stage.url}/machines/${BOOTH}`)
  const item = `.reports li:has-text("${text}")`
  check(`${language}: the photo is shown`, (await statusOf(page, `${item} a`)) === 200)
  await page.click(`${item} > button`)
  await page.fill(`${item} input[type=datetime-local]`, '2099-01-01T12:00')
  await page.fill(`${item} form:nth-of-type(1) input`, 'A new hose is ordered')
  await page.click(`${item} form:nth-of-type(1) button`)
  await page.waitForSelector(`${item}:has-text("Demo_technician")`)
  const floor = await visit(stage, { language })
  await floor.page.goto(stage.url)
  await floor.page.waitForSelector(`.card .problem:has-text("${language === 'en' ? '1 Jan' : '1月1日'}")`)
  check(`${language}: the floor says until when`, true)
  await floor.context.close()
  await page.click(`${item} > button`)
  await page.fill(`${item} form:nth-of-type(2) input`, 'Replaced')
  await page.click(`${item} form:nth-of-type(2) button`)
  await page.waitForSelector(item, { state: 'detached' })
  check(`${language}: closed, it is open no more`, true)
  await technician.context.close()
}

async function statusOf(page: Page, link: string): Promise<number> {
  const path = (await page.getAttribute(link, 'href')) ?? ''
  return Number(await page.evaluate(`fetch(${JSON.stringify(path)}).then(({ status }) => status)`))
}
