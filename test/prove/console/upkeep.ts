/**
 * What wears a machine and who answers for it, on its page: a technician says that a service was done, and an auditor
 * reads how one tenant left it beside how the next found it.
 */
import type { Checks } from '../item.ts'
import { SCOPE, use } from './asked.ts'
import { type Language, lookAs, type Stage, visit } from './stage.ts'

export async function upkeep(stage: Stage, language: Language, check: Checks['check']): Promise<void> {
  await use(stage, language)
  await use(stage, language)
  const technician = await visit(stage, { language, size: 'tablet' })
  const { page, faults } = technician
  await lookAs(page, stage.url, 'technician')
  await page.goto(`${stage.url}/machines/${SCOPE}`)
  const service = '.upkeep li:nth-child(1)'
  await page.waitForSelector(`${service}:has-text("2,000")`)
  const before = (await page.textContent(service)) ?? ''
  await page.click(`${service} > button`)
  await page.fill('#parts-filament', 'W 0.1 mm, seal')
  await page.fill(`${service} form input`, language === 'en' ? 'Changed' : '已更换')
  await page.click(`${service} form button`)
  await page.waitForSelector(`${service} > button`)
  check(`${language}: a service is said to be done`, before !== '')
  await page.waitForSelector('.hand-over dd')
  const [left, found] = await page.$$eval('.hand-over > div', (sides) => sides.map((side) => side.textContent ?? ''))
  check(`${language}: how it was left`, (left ?? '').includes(language === 'en' ? 'Clean' : '干净'), left)
  check(`${language}: stands beside how it was found`, /4[.]5/.test(found ?? ''), found)
  await page.waitForSelector('.history li:has-text("Changed"), .history li:has-text("已更换")', { timeout: 90_000 })
  check(`${language}: and what was done`, true)
  const href = (await page.getAttribute('a[download^=timeline]', 'href')) ?? ''
  check(`${language}: it goes out as a file`, href.includes('/timeline/file?from='), href)
  check(`${language}: the browser complains of nothing`, faults.length === 0, faults)
  await technician.context.close()
}
