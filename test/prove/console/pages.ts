/**
 * The main path of each page, in both languages: a booth unlocked, refused, cut, stopped and resumed; the connection
 * lost and healed; a drill run from the bench; a total followed down to its two readings; each page walked by keyboard.
 */
import type { Page } from 'playwright-core'
import { pause } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'
import { asked } from './asked.ts'
import { keyboard } from './keyboard.ts'
import { prices } from './prices.ts'
import { report } from './report.ts'
import { BOOTH, book, endUse, type Language, languages, lookAs, openStage, type Stage, unlock, visit } from './stage.ts'
import { upkeep } from './upkeep.ts'

const LOST_WITHIN_MS = 3_000
const HEAL_MS = 15_000
const DRILL_MS = 120_000

export const pages: Item = {
  name: 'pages',
  fullOnly: true,
  async run(run) {
    const checks = createChecks(run.say)
    const stage = await openStage(run)
    for (const language of run.quick ? (['en'] as const) : languages) {
      run.say(`a tenant, in ${language}`)
      await tenant(stage, language, checks.check)
      await asked(stage, language, checks.check)
      run.say(`people of the site, in ${language}`)
      await floor(stage, language, checks.check)
      await books(stage, language, checks.check)
      await report(stage, language, checks.check)
      await upkeep(stage, language, checks.check)
      await prices(stage, language, checks.check)
      await bench(stage, language, checks.check)
    }
    await connection(stage, checks.check)
    return checks.verdict()
  },
}

type Check = Checks['check']

async function tenant(stage: Stage, language: Language, check: Check): Promise<void> {
  const { page, context, faults } = await visit(stage, { language })
  await book(page, stage.url)
  // Refused: the stop is pressed before the unlock.
  await page.click('[data-act=stop]')
  await page.waitForSelector('.tenant .state[data-tone=alarm]')
  await page.click('.stage .primary.large')
  const refusal = (await page.textContent('.refused')) ?? ''
  check(`${language}: a refusal says what to do`, hasLanguage(refusal, language), refusal)
  check(`${language}: a refusal holds the focus`, await page.evaluate('document.activeElement.className === "refused"'))
  await page.click('[data-act=release]')
  await page.waitForSelector('.tenant .state[data-tone=calm]')
  await unlock(page)
  // Stopped, and resumed.
  await page.click('[data-act=stop]')
  await page.waitForSelector('.stage[data-attention]')
  check(`${language}: no way back while it is pressed`, await page.isDisabled('.stage .primary.large'))
  await page.click('[data-act=release]')
  await page.waitForSelector('.stage[data-attention] .primary.large:enabled')
  await unlock(page)
  // Cut: the machine locks itself, and the tenant is told.
  await page.click('[data-act=cut]')
  await page.waitForSelector('.stage[data-attention]')
  await page.waitForSelector('.tenant .state[data-tone=calm]')
  await unlock(page)
  // It is the same after the page was loaded again.
  await page.reload()
  await page.waitForSelector('.stage .clock')
  check(`${language}: a page loaded again goes on with the use`, true)
  await keyboard(page, `${language}: the tenant's page`, check)
  const until = await page.textContent('.stage .clock .small')
  await page.click('.extend button')
  await page.waitForSelector(`.stage .clock .small:not(:has-text(${JSON.stringify(until)}))`)
  check(`${language}: it goes on for longer, since nobody else has the time`, true)
  await endUse(page, 'released')
  check(`${language}: the end is said`, hasLanguage((await page.textContent('.stage')) ?? '', language))
  check(`${language}: the browser complains of nothing`, faults.length === 0, faults)
  await context.close()
}

/** What whoever walks by sees: cards, those of one kind, the plan, the wall screen. */
async function floor(stage: Stage, language: Language, check: Check): Promise<void> {
  const { page, context } = await visit(stage, { language, size: 'tablet' })
  await page.goto(stage.url)
  await page.waitForSelector('.card:nth-child(3)')
  check(`${language}: the floor speaks it`, hasLanguage((await page.textContent('.card .state')) ?? '', language))
  await page.selectOption('.filter:last-of-type select', 'panel-saw')
  check(`${language}: one kind is one machine`, (await page.$$('.card')).length === 1)
  await page.click('.choice a:last-child')
  await page.waitForSelector('.place')
  check(`${language}: the plan shows it where it stands`, (await page.$$('.place')).length === 1)
  await page.selectOption('.filter:last-of-type select', '')
  check(`${language}: and every other one`, (await page.$$('.place')).length === 3)
  check(`${language}: the picture is there`, Number(await page.evaluate(PICTURE)) > 0)
  await keyboard(page, `${language}: the plan`, check)
  await page.click('.choice a:first-child')
  await page.waitForSelector('.day-line')
  await keyboard(page, `${language}: the floor`, check)
  await page.click('.wall-switch')
  await page.waitForSelector('.page[data-wall] .card')
  await context.close()
}

const PICTURE = 'document.querySelector(".plan img").naturalWidth'

async function books(stage: Stage, language: Language, check: Check): Promise<void> {
  const { page, context } = await visit(stage, { language, size: 'tablet' })
  await lookAs(page, stage.url, 'auditor')
  await page.click('.top a[href="/books"]')
  await page.waitForSelector('tbody button.link')
  await page.click('tbody button.link')
  await page.click('.lines button.line')
  const readings = (await page.textContent('.readings')) ?? ''
  const sum = (await page.textContent('.sum')) ?? ''
  const [, end, begin, quantity] = /(\d+) − (\d+) = (\d+)/.exec(sum) ?? []
  check(`${language}: a total leads down to two readings`, Number(end) - Number(begin) === Number(quantity), sum)
  check(`${language}: and to their entries`, /\d/.test(readings) && (await page.isVisible('.readings a[download]')))
  check(`${language}: every meter adds up`, (await page.$$('td.fails')).length === 0)
  const today = await page.evaluate(`new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format()`)
  await page.fill('.tools input[type=date] >> nth=0', String(today))
  await page.fill('.tools input[type=date] >> nth=1', String(today))
  await page.selectOption('.tools select >> nth=1', 'day')
  await page.waitForSelector(`tbody th:has-text("${today}")`)
  check(`${language}: a day of the site is added up`, true)
  const evidence = await page.evaluate(EVIDENCE)
  check(`${language}: the evidence is there whole`, String(evidence).includes('{"end":'), evidence)
  await page.waitForSelector('.history li')
  await keyboard(page, `${language}: the books`, check)
  await context.close()
}

async function bench(stage: Stage, language: Language, check: Check): Promise<void> {
  const { page, context } = await visit(stage, { language, size: 'tablet' })
  await lookAs(page, stage.url, 'technician')
  // An operator who presses start would be somebody near the machine.
  await page.click('[data-act=away]')
  await page.click('.top a[href="/bench"]')
  await page.waitForSelector('.links li[data-state=up]')
  await page.fill('[id="why-bench.maintenance.on"]', 'Drill from the page')
  await page.click('form:has([id="why-bench.maintenance.on"]) button')
  await page.check('.check input')
  await page.fill('[id="why-bench.drill.begin"]', 'Shown to the proof')
  await page.click('form:has([id="why-bench.drill.begin"]) button')
  // The drill before it, if there was one, has passed too.
  await page.waitForSelector('.drill-state[data-state=running]')
  await page.waitForSelector('.sights .lease[points*=" "]')
  const shows = (await page.textContent('.sights .facts')) ?? ''
  check(`${language}: what the lock shows is seen while it runs`, hasLanguage(shows, language), shows)
  await page.waitForSelector('.drill-state[data-state=passed]', { timeout: DRILL_MS })
  check(`${language}: a drill is run from the page and passes`, true)
  await keyboard(page, `${language}: the bench`, check)
  await page.fill('[id="why-bench.maintenance.off"]', 'Drill passed')
  await page.click('form:has([id="why-bench.maintenance.off"]) button')
  await page.waitForSelector('[id="why-bench.maintenance.on"]')
  await place(page, stage, language, check)
  await page.goto(`${stage.url}/machines/${BOOTH}`)
  await page.waitForSelector('.chart canvas')
  const today = (await page.textContent('tr:has-text("plc.parts") td.number')) ?? ''
  check(`${language}: a meter says what it has made today`, /\d/.test(today), today)
  check(
    `${language}: what happened is said in words`,
    hasLanguage((await page.textContent('.happened')) ?? '', language),
  )
  await keyboard(page, `${language}: the page of a machine`, check)
  await context.close()
}

/** A machine is moved on the plan by keys, saved, and seen there by somebody else. */
async function place(page: Page, stage: Stage, language: Language, check: Check): Promise<void> {
  const other = await visit(stage, { language, size: 'tablet' })
  await other.page.goto(`${stage.url}/?plan`)
  const seen = other.page.locator(`.place:has(a[href="/machines/${BOOTH}"])`)
  const before = await seen.getAttribute('style')
  await page.goto(`${stage.url}/?plan`)
  await page.selectOption('.placing select', BOOTH)
  await page.focus('.arrows button')
  await page.keyboard.press('Shift+ArrowUp')
  await page.click('.arrows .primary')
  await page.waitForSelector('.placing .small:not(:empty):last-of-type')
  await other.page.waitForSelector(`.place:has(a[href="/machines/${BOOTH}"]):not([style="${before}"])`)
  check(
    `${language}: a machine that is moved on the plan is there for everybody`,
    (await seen.getAttribute('style')) !== before,
  )
  await other.context.close()
}

/** The last line of the bundle that the page offers. */
const EVIDENCE = `fetch('/v1/ledger/evidence').then((answer) => answer.text()).then((text) => text.slice(-200))`

/** The gateway is held still, as if its cable were cut; then it goes on. */
async function connection(stage: Stage, check: Check): Promise<void> {
  const { page, context } = await visit(stage, { size: 'tablet' })
  await page.goto(stage.url)
  await page.waitForSelector('[data-connection=live] .card')
  await pause(1_500)
  const pid = stage.gatewayPid()
  process.kill(pid, 'SIGSTOP')
  try {
    await page.waitForSelector('.page[data-connection=lost]', { timeout: LOST_WITHIN_MS })
    check('a lost connection is shown within 3 s', await page.isVisible('.lost'))
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await page.waitForSelector('.page[data-connection=live]', { timeout: HEAL_MS })
  check('it heals by itself', true)
  await context.close()
}

const hasLanguage = (text: string, language: Language) => /\p{Script=Han}/u.test(text) === (language === 'zh')
