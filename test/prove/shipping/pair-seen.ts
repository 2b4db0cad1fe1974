/**
 * A pair as people see it in a browser: the page of the spare, and what the bench of the active box says of it, on a
 * phone in both languages. Read next: pair-faults.ts (what else is tried).
 */
import { openChromium } from '../../support/chromium.ts'
import { violations } from '../console/axe.ts'
import { languages, visit } from '../console/stage.ts'
import type { Floor } from './pair-floor.ts'

const follows = { en: 'follows, and would take over', zh: '正在跟随，可以接管' } as const

export async function seenInBrowser({ active, spare, checks, two, scope }: Floor): Promise<void> {
  const browser = await openChromium(scope)
  for (const language of languages) {
    const { page, context, faults } = await visit({ browser }, { language })
    await page.goto(`${spare.api.url}/bench`)
    const text = await page.innerText('body')
    checks.check(
      `seen, ${language}: the spare says what it is`,
      text.includes('本机是备机') && text.includes('could take over now'),
      text,
    )
    const link = await page.getAttribute('a', 'href')
    checks.check(`seen, ${language}: and where the active box is`, link === `${active.api.url}/bench`, link)
    const hard = await violations(page)
    checks.check(`seen, ${language}: the page of the spare can be read by all`, hard.length === 0, hard)
    await page.goto(`${active.api.url}/bench`)
    await page.fill('#credential', two.technician)
    await page.click('.sign-in .primary')
    await page.waitForSelector(`.link-state:text-is("${follows[language]}")`)
    const found = await violations(page)
    checks.check(`seen, ${language}: the bench can be read by all`, found.length === 0, found)
    checks.check(`seen, ${language}: the browser complains of nothing`, faults.length === 0, faults)
    await context.close()
  }
  await browser.close()
}
