/**
 * A picture of each page at phone, tablet and wall size, light and dark, in both languages, in `data/console`, which
 * git ignores: somebody has to look at them. It holds only that each was taken, that no page is wider than its screen,
 * and that the floor on a wall is no higher: nobody scrolls there.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { pause } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'
import {
  BOOTH,
  book,
  endUse,
  languages,
  lookAs,
  openStage,
  type Size,
  type Stage,
  sizes,
  unlock,
  visit,
} from './stage.ts'

const folder = join(new URL('../../..', import.meta.url).pathname, 'data', 'console')
/** A chart needs a few values. */
const SETTLE_MS = 1_500

export const screenshots: Item = {
  name: 'screenshots',
  fullOnly: true,
  async run(run) {
    const { check, verdict } = createChecks(run.say)
    mkdirSync(folder, { recursive: true })
    const stage = await openStage(run)
    let taken = 0
    for (const language of languages)
      for (const dark of [false, true])
        for (const size of Object.keys(sizes) as Size[]) {
          const take = async (page: Page, name: string) => {
            await page.evaluate(`document.querySelector('#demo-strip')?.remove()`)
            await page.screenshot({
              path: join(folder, `${name}-${size}-${dark ? 'dark' : 'light'}-${language}.png`),
              fullPage: true,
            })
            taken += 1
            const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
            check(`${name}, ${size}, ${language} is no wider than its screen`, over <= 0, over)
            if (name !== 'floor' || size !== 'wall') return
            const below = Number(await page.evaluate('document.documentElement.scrollHeight - innerHeight'))
            check(`${name}, ${size}, ${language} is no higher than its screen`, below <= 0, below)
          }
          run.say(`${language}, ${dark ? 'dark' : 'light'}, ${size}`)
          await pictures(stage, { language, dark, size }, take)
        }
    return verdict(`${taken} pictures in ${folder}`)
  },
}

type Take = (page: Page, name: string) => Promise<void>

async function pictures(stage: Stage, look: Parameters<typeof visit>[1], take: Take): Promise<void> {
  const tenant = await visit(stage, look)
  const { page } = tenant
  await page.goto(`${stage.url}/m/${BOOTH}`)
  await page.waitForSelector('.stage')
  await take(page, 'tenant-signed-out')
  await book(page, stage.url)
  await page.waitForSelector('.label')
  await unlock(page)
  await pause(SETTLE_MS)
  await page.click('[data-act=stop]')
  await page.waitForSelector('.stage[data-attention]')
  await take(page, 'tenant-stopped')
  await page.reload()
  await page.click('[data-act=release]')
  await page.waitForSelector('.stage[data-attention] .primary.large:enabled')
  await unlock(page)
  await take(page, 'tenant-running')
  await page.click('.reports > button')
  await take(page, 'tenant-report')
  await page.click('.end > button')
  await take(page, 'tenant-end')
  await page.goto(`${stage.url}/?wall`)
  await page.waitForSelector('.day-line')
  await take(page, 'floor')
  await page.goto(`${stage.url}/?plan`)
  await page.waitForSelector('.place')
  await take(page, 'plan')
  await page.goto(`${stage.url}/m/${BOOTH}`)
  await page.waitForSelector('.stage .clock')
  await endUse(page)
  await take(page, 'tenant-ended')
  await tenant.context.close()
  for (const [role, path, ready, name] of [
    ['technician', `/machines/${BOOTH}`, '.chart canvas', 'machine'],
    ['technician', '/bench', '.links li', 'bench'],
    ['technician', '/bench?view=look', '.section .row', 'bench-look'],
    ['technician', '/bench?view=upkeep', '.services td', 'bench-upkeep'],
    ['technician', '/bench?view=tariffs', '.quote', 'bench-tariffs'],
    ['technician', '/bench?view=trust', '.certificate', 'bench-trust'],
    ['technician', '/bench?view=file', '.edit', 'bench-file'],
    ['technician', '/bench?view=labels', '.sticker', 'bench-labels'],
    ['auditor', '/books', 'table', 'books'],
  ] as const) {
    const person = await visit(stage, look)
    await lookAs(person.page, stage.url, role)
    await person.page.goto(stage.url + path)
    await person.page.waitForSelector(ready)
    await pause(SETTLE_MS)
    await take(person.page, name)
    await person.context.close()
  }
}
