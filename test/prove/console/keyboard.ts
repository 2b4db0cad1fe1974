/** A page walked by keyboard alone, as people do who cannot point. */
import type { Page } from 'playwright-core'
import type { Checks } from '../item.ts'

/** Every part that can be pressed is reached by Tab, with a ring round it; the strip is passed on the way. */
export async function keyboard(page: Page, where: string, check: Checks['check']): Promise<void> {
  const wanted = Number(await page.evaluate(TABBABLE))
  await page.evaluate('document.activeElement?.blur?.(); scrollTo(0, 0)')
  const stops = Number(await page.evaluate(STOPS))
  const reached = new Set<unknown>()
  let bare = 0
  for (let press = 0; press < 2 * stops + 30; press++) {
    await page.keyboard.press('Tab')
    const { index, ring } = (await page.evaluate(FOCUSED)) as { index: number; ring: boolean }
    if (index < 0) continue
    reached.add(index)
    if (!ring) bare += 1
    if (reached.size >= wanted) break
  }
  check(`${where} is walked by keyboard`, reached.size >= wanted, `${reached.size} of ${wanted}`)
  check(`${where} shows where one is`, bare === 0, bare)
}

/** Of the radio buttons of one choice Tab reaches the chosen one; the arrows reach the others. */
const ALL = `[...document.querySelectorAll(
    '.page :is(a[href], button:enabled, summary, select, textarea, input:enabled, [tabindex="0"])')]
  .filter((each) => each.checkVisibility() && each.tabIndex >= 0)
  .filter((each, at, all) => {
    if (each.type !== 'radio') return true
    const choice = all.filter(({ type, name }) => type === 'radio' && name === each.name)
    return each === (choice.find(({ checked }) => checked) ?? choice[0])
  })`
const TABBABLE = `${ALL}.length`
/** A field of a day or a time has a stop for each of its parts. */
const STOPS = `${ALL}.reduce((sum, { type }) => sum + (/^(date|time)/.test(type ?? '') ? 7 : 1), 0)`
const FOCUSED = `(() => {
  const at = document.activeElement
  const style = getComputedStyle(at)
  return { index: ${ALL}.indexOf(at), ring: style.outlineStyle !== 'none' || at.matches('select, input, textarea') }
})()`
