/**
 * A newcomer, from a fresh clone and two commands (quick: from the command that starts the demo) to a checked receipt,
 * by clicks alone: every click is counted, and no further command is typed. The receipt is given to the page that
 * checks it.
 */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { nowMs } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'
import { BOOTH, openCloned, openStage, SLOW_MS, visit } from './stage.ts'

const MOST_MS = 180_000

export const newcomer: Item = {
  name: 'newcomer',
  async run(run) {
    const { check, verdict } = createChecks(run.say)
    const stage = await (run.quick ? openStage(run) : openCloned(run))
    const { page, context, faults } = await visit(stage, { size: 'tablet' })
    let clicks = 0
    const click = async (what: string) => {
      clicks += 1
      await page.click(what)
    }
    await page.goto(stage.url)
    await click(`.card a[href="/machines/${BOOTH}"]`)
    await click('#demo-strip [data-act=book]')
    await page.waitForURL(/\/m\//)
    await page.waitForSelector('#demo-strip [data-act=stop]')
    await click('.stage .primary.large')
    await page.waitForSelector('.stage .clock')
    const unlockedMs = nowMs() - stage.startedAtMs
    await page.waitForSelector('.used dd >> text=/[1-9]/')
    await click('#demo-strip [data-act=stop]')
    await page.waitForSelector('.stage[data-attention]')
    await click('#demo-strip [data-act=release]')
    await page.waitForSelector('.stage[data-attention] .primary.large:enabled')
    await click('.stage .primary.large')
    await page.waitForSelector('.stage .clock')
    await click('.end > button')
    await click('.confirm .primary')
    await page.waitForSelector('.stage .actions', { timeout: 60_000 })
    const key = await page.inputValue('.log-key input')
    const [download] = await Promise.all([page.waitForEvent('download'), click('.actions .primary')])
    const [checker] = await Promise.all([context.waitForEvent('page'), click('.actions a')])
    const receipt = await readFile(await download.path())
    const said = await checkReceipt(checker, receipt, key)
    check('unlocked within three minutes of the first command', unlockedMs < MOST_MS, unlockedMs)
    check('the receipt is found good by the page that checks it', said.good && said.text.includes(BOOTH), said)
    check('the browser complains of nothing', faults.length === 0, faults)
    return verdict(
      `unlocked ${Math.round(unlockedMs / 1_000)} s after the first command; ${clicks} clicks to the receipt`,
    )
  },
}

/** The key is pasted from the page of the tenant, as a person would. */
async function checkReceipt(page: Page, receipt: Buffer, key: string) {
  page.setDefaultTimeout(SLOW_MS)
  await page.setInputFiles('#files', { name: 'receipt.json', mimeType: 'application/json', buffer: receipt })
  await page.fill('#keys', key)
  await page.click('#check')
  await page.waitForSelector('#verdicts article')
  const good = (await page.$$('#verdicts article.good')).length === 1
  return { good, text: ((await page.textContent('#verdicts')) ?? '').slice(0, 1_000) }
}
