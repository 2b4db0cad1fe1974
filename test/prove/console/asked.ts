/**
 * A tenant is asked before and after a use: nothing is unlocked without the answers, a bad one lets nobody in, and what
 * is said at the end is kept.
 */
import type { Page } from 'playwright-core'
import type { Checks } from '../item.ts'
import { endUse, type Language, type Stage, visit } from './stage.ts'

export const SCOPE = 'microscope-1'
const UNLOCK = '.stage .primary.large'

export async function asked(stage: Stage, language: Language, check: Checks['check']): Promise<void> {
  const { page, context, faults } = await visit(stage, { language })
  await bookScope(stage, page)
  check(`${language}: no unlock before the answers`, await page.isDisabled(UNLOCK))
  await page.check('.questions input[value=no]')
  await page.fill('#question-pressure', '4,5')
  await page.click(UNLOCK)
  const refusal = (await page.textContent('.refused')) ?? ''
  check(`${language}: a bad answer lets nobody in`, refusal !== '' && !(await page.isVisible('.stage .clock')), refusal)
  await page.check('.questions input[value=yes]')
  await page.click(UNLOCK)
  await page.waitForSelector('.stage .clock')
  check(`${language}: good answers do`, true)
  await endUse(page)
  await page.check('.questions input[value=clean]')
  await page.fill('#question-remark', language === 'en' ? 'The lamp flickers' : '灯在闪')
  await page.click('.questions .primary')
  await page.waitForSelector('.stage .note[role=status]')
  check(`${language}: what is said at the end is kept`, !(await page.isVisible('.questions')))
  check(`${language}: the browser complains of nothing`, faults.length === 0, faults)
  await context.close()
}

/** A use with good answers before and after it. */
export async function use(stage: Stage, language: Language): Promise<void> {
  const { page, context } = await visit(stage, { language })
  await bookScope(stage, page)
  await page.check('.questions input[value=yes]')
  await page.fill('#question-pressure', '4.5')
  await page.click(UNLOCK)
  await page.waitForSelector('.stage .clock')
  await endUse(page)
  await page.check('.questions input[value=clean]')
  await page.click('.questions .primary')
  await page.waitForSelector('.stage .note[role=status]')
  await context.close()
}

async function bookScope({ url }: Stage, page: Page): Promise<void> {
  await page.goto(`${url}/m/${SCOPE}`)
  await page.click('#demo-strip [data-act=book]')
  await page.waitForSelector('.questions')
}
