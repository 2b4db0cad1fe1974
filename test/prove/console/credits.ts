/**
 * The books, with a gateway and a machine as processes: an auditor proposes a credit and cannot approve it, another
 * approves it on her own screen, the new statement names the old, and the browser recomputes both; it also says so when
 * a statement was changed on its way.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { BOOTH, drillBooth, startBooth } from '../../support/billed-booth.ts'
import { openChromium } from '../../support/chromium.ts'
import type { Plant } from '../../support/gateway-plant.ts'
import { until } from '../../support/process.ts'
import { pause } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'
import { type Language, languages, type Size, type Stage, sizes, type Visit, visit } from './stage.ts'

const root = new URL('../../../', import.meta.url).pathname
const USE_MS = 2_500
const SIGNED_MS = 20_000
const DAY_MS = 86_400_000

type Books = Pick<Stage, 'browser'> & {
  readonly plant: Plant
  readonly begun: string
  readonly pictures: string
  readonly check: Checks['check']
}

export const credits: Item = {
  name: 'credits',
  fullOnly: true,
  async run(run) {
    const checks = createChecks(run.say)
    const plant = await startBooth(run.scope, {
      site: 'credits',
      elements: [
        { id: 'use', of: 'flat', price: '100', per: '1 use', tax: 'service' },
        { id: 'time', of: 'occupied', price: '60', per: '1 min', tax: 'service' },
      ],
      split: { parts: [{ party: 'site', percent: '10' }], remainder: 'owners' },
    })
    await drillBooth(plant)
    const pictures = join(root, 'data', 'console')
    mkdirSync(pictures, { recursive: true })
    const begun = new Date(Date.now() - 1_000).toISOString()
    const books: Books = { plant, check: checks.check, begun, pictures, browser: await openChromium(run.scope) }
    for (const language of run.quick ? (['en'] as const) : languages) await credit(books, language)
    return checks.verdict(`pictures in ${pictures}`)
  },
}

async function credit(books: Books, language: Language): Promise<void> {
  const { plant, check } = books
  await used(plant)
  const old = await stated(books)
  const chen = await atBooks(books, language, 'chen', 'phone')
  await propose(books, chen.page, language)
  check(`${language}: his own button is not for him`, await chen.page.isDisabled('.waiting li button'))
  const why = (await chen.page.textContent('.waiting li [id^=own-]')) ?? ''
  check(`${language}: and says why`, hasLanguage(why, language), why)
  await take(books, chen.page, `proposed-${language}`)
  const wang = await atBooks(books, language, 'wang', 'tablet')
  await wang.page.click('.waiting li button')
  await wang.page.waitForSelector(`.approved li:has-text("${old}")`)
  const said = (await wang.page.textContent(`.approved li:has-text("${old}")`)) ?? ''
  check(`${language}: a credit of two people names the old statement`, said.includes('Chen') && said.includes('Wang'))
  check(`${language}: and takes something off`, /-\d+\.\d\d CNY/.test(said), said)
  const next = await stated(books)
  // A checkpoint is made when a session ends.
  await used(plant)
  for (const hash of [old, next]) await signed(plant, hash)
  await recomputed(wang.page, language, [old, next], check)
  await take(books, wang.page, `recomputed-${language}`)
  for (const { faults, context } of [chen, wang]) {
    check(`${language}: the browser complains of nothing`, faults.length === 0, faults)
    await context.close()
  }
}

async function propose(books: Books, page: Page, language: Language): Promise<void> {
  const { check } = books
  await page.click('tbody:has(bdi:text-is("booth@1")) button.link >> nth=-1')
  const shares = (await page.textContent('.bill .shares')) ?? ''
  check(`${language}: a line says who gets what of it`, shares.includes('site 10') && shares.includes('owner/'), shares)
  await page.click('.bill-more .actions-line button')
  const send = '.propose button[type=submit]'
  await page.fill('.propose .reason input', language === 'en' ? 'the door stood open' : '门开着')
  await page.check('.propose input[value=reduce]')
  await page.fill('[id^=many-]', '600')
  await take(books, page, `proposing-${language}`)
  check(`${language}: more than there was cannot be sent`, await page.isDisabled(send))
  await page.fill('[id^=many-]', '0.01')
  await page.click(send)
  await page.waitForSelector('.waiting li')
  check(`${language}: the form is gone once it is proposed`, !(await page.isVisible('.propose')))
}

/** Both files as they are, then one that was changed on its way. */
async function recomputed(
  page: Page,
  language: Language,
  hashes: readonly string[],
  check: Checks['check'],
): Promise<void> {
  await page.reload()
  await period(page)
  for (const hash of hashes) {
    await page.click(`${rowOf(hash)} button`)
    await page.waitForSelector(`${rowOf(hash)} .verdict`)
    const said = (await page.textContent(`${rowOf(hash)} .verdict`)) ?? ''
    check(`${language}: recomputed, it is good`, await page.isVisible(`${rowOf(hash)} .verdict[data-good]`), said)
    check(`${language}: the verdict is in words`, hasLanguage(said, language), said)
  }
  const [hash = ''] = hashes
  await page.route(`**/v1/statements/${hash}`, async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, body: (await answer.text()).replace('"total":"1', '"total":"2') })
  })
  await page.click(`${rowOf(hash)} button`)
  await page.waitForSelector(`${rowOf(hash)} .verdict:not([data-good]) li`)
  const fault = (await page.textContent(`${rowOf(hash)} .verdict li`)) ?? ''
  check(`${language}: changed on its way, it is not, and the fault is in words`, hasLanguage(fault, language), fault)
  await page.unroute(`**/v1/statements/${hash}`)
}

const rowOf = (hash: string) => `.issued li:has-text("${hash}")`

async function atBooks(books: Books, language: Language, who: string, size: Size): Promise<Visit> {
  const seen = await visit(books, { language, size })
  const { page } = seen
  await page.goto(`${books.plant.api.url}/books`)
  await page.fill('#credential', books.plant.key(who))
  await page.click('.sign-in .primary')
  await period(page)
  return seen
}

/** Days around now, whatever the zone. */
async function period(page: Page): Promise<void> {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  await page.fill('.tools input[type=date] >> nth=0', day(Date.now() - DAY_MS))
  await page.fill('.tools input[type=date] >> nth=1', day(Date.now() + DAY_MS))
  await page.waitForSelector('tbody:has(bdi:text-is("booth@1"))')
}

/** Pictures of the statement and of what stands beside it, for somebody to look at; none is wider than its screen. */
async function take({ pictures, check }: Books, page: Page, name: string): Promise<void> {
  const before = page.viewportSize()!
  for (const size of ['phone', 'wall'] as const) {
    const [width, height] = sizes[size]
    await page.setViewportSize({ width, height })
    const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
    check(`${name}, ${size}: the page is no wider than its screen`, over <= 0, over)
    for (const part of ['statement', 'waiting', 'issued'] as const)
      await page.locator(sections[part]).screenshot({ path: join(pictures, `books-${name}-${part}-${size}.png`) })
  }
  await page.setViewportSize(before)
}

const sections = {
  statement: '.section:has(bdi:text-is("booth@1"))',
  waiting: '.section:has(.waiting)',
  issued: '.section:has(.issued)',
} as const

async function used({ api, machine }: Plant): Promise<void> {
  const session = await api.unlocked(BOOTH, await machine(BOOTH).token())
  await pause(USE_MS)
  await api.ended(session.id)
}

/** The hash of a statement from the begin to now. */
async function stated({ plant: { api, auditor: token }, begun: from }: Books): Promise<string> {
  const body = { from, to: new Date().toISOString() }
  const answer = await api.call<{ sha256: string }>('POST', '/statements', { token, body })
  if (answer.status !== 201) throw new Error(`a statement was refused: ${JSON.stringify(answer.body)}`)
  return answer.body.sha256
}

const signed = ({ api, auditor: token }: Plant, hash: string) =>
  until(
    async () => (await api.call('GET', `/statements/${hash}`, { token })).status === 200,
    SIGNED_MS,
    'the statement is not signed',
  )

const hasLanguage = (text: string, language: Language) => /\p{Script=Han}/u.test(text) === (language === 'zh')
