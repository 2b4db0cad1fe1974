/**
 * Money and upkeep on the bench: a technician reads the tariffs in words, asks what a use would cost and why, and sees
 * what is due at every machine in one table.
 */
import type { Checks } from '../item.ts'
import { BOOTH, type Language, lookAs, type Stage, visit } from './stage.ts'

export async function prices(stage: Stage, language: Language, check: Checks['check']): Promise<void> {
  const { page, context, faults } = await visit(stage, { language, size: 'tablet' })
  const said =
    language === 'en'
      ? { free: '1 kWh of it free', first: 'the first wins' }
      : { free: '其中 1 kWh 免费', first: '前者生效' }
  await lookAs(page, stage.url, 'technician')
  await page.goto(`${stage.url}/bench?view=tariffs`)
  await page.waitForSelector('.tariff .elements li')
  const tariff = (await page.textContent('.tariff')) ?? ''
  check(`${language}: each element stands there in words`, tariff.includes(said.free), tariff)
  check(`${language}: and that two match, of which the first wins`, tariff.includes(said.first), tariff)
  check(`${language}: and who approved it`, tariff.includes('meeting of the owners'))
  await page.selectOption('.quote select[name=class]', 'teaching')
  await page.fill('.quote input[name=kWh]', '11')
  await page.fill('.quote input[name=minutes]', '200')
  await page.click('.quote button')
  // 200 min × 0.20 + (11 − 1) kWh × 0.80 = 48.00, and 13 % tax.
  await page.waitForSelector('[role=status] .facts:has-text("54.24")')
  const reasons = (await page.textContent('[role=status] .bill')) ?? ''
  check(`${language}: a quote says what it comes to`, true)
  check(`${language}: and which element holds, and why`, /teaching.*0[.]20 CNY/.test(reasons), reasons)
  await page.fill('.quote input[name=minutes]', '10')
  await page.click('.quote button')
  await page.waitForSelector('[role=status] .facts:has-text("33.90")')
  check(`${language}: a short use costs the minimum`, true)
  await page.fill('.quote input[name=minutes]', '60000')
  await page.click('.quote button')
  await page.waitForSelector('.refused')
  check(`${language}: too long a use is refused`, !(await page.isVisible('[role=status] .facts')))
  await page.goto(`${stage.url}/bench?view=upkeep`)
  await page.waitForSelector('.services td:has-text("2,000")')
  check(`${language}: a rule is there with its interval`, true)
  await page.click(`.services a[href="/machines/${BOOTH}"]`)
  await page.waitForURL((now) => now.pathname === `/machines/${BOOTH}`)
  check(`${language}: and leads to its machine`, true)
  check(`${language}: the browser complains of nothing`, faults.length === 0, faults)
  await context.close()
}
