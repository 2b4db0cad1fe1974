/**
 * A real Chromium, Debian's, without a window: pages as a person sees them. It ends with the scope it was started in,
 * and reaches nothing but files unless it is told to. Read next: real.ts (who installs it).
 */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { PAGE } from '../../gateway/ledger/verify/page/build.ts'
import type { Scope } from './proof.ts'
import { commandPath } from './real.ts'

const START_MS = 30_000
const CHECK_MS = 120_000

export async function openChromium(scope: Scope): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: commandPath('chromium'),
    headless: true,
    timeout: START_MS,
    // Chromium's own sandbox does not run as root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  scope.defer(() => browser.close())
  return browser
}

/** What the page says of one file. */
export type Shown = {
  readonly file: string
  readonly good: boolean
  /** Codes of its faults and notes. */
  readonly codes: readonly string[]
  /** Cells of every table, row by row. */
  readonly rows: readonly (readonly string[])[]
}

/** A path, or what a file would hold. */
export type PickedFile = string | { readonly name: string; readonly bytes: Uint8Array }

export type VerifyPage = {
  readonly page: Page
  /** Picks the files and pastes the keys as a person would; checkpoints are held against the others. */
  check(files: readonly PickedFile[], keys: readonly string[]): Promise<readonly Shown[]>
}

/** The page that checks evidence, opened from disk with the network cut off. */
export async function openVerifyPage(scope: Scope, locale = 'en-US'): Promise<VerifyPage> {
  const context: BrowserContext = await (await openChromium(scope)).newContext({ offline: true, locale })
  const page = await context.newPage()
  page.setDefaultTimeout(CHECK_MS)
  await page.goto(`file://${PAGE}`)
  return {
    page,
    async check(files, keys) {
      await page.fill('#keys', keys.join('\n'))
      await page.setInputFiles('#files', await Promise.all(files.map(payloadOf)))
      await page.$$eval('#verdicts article', (articles) => {
        for (const article of articles) article.remove()
      })
      await page.click('#check')
      await page.waitForSelector('#check:enabled')
      await page.waitForSelector('#verdicts article')
      return page.$$eval('#verdicts article', (articles) =>
        articles.map((article) => ({
          file: article.querySelector('.file')?.textContent ?? '',
          good: article.classList.contains('good'),
          codes: [...article.querySelectorAll('li code')].map((code) => code.textContent ?? ''),
          rows: [...article.querySelectorAll('tr')].map((row) =>
            [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? ''),
          ),
        })),
      )
    },
  }
}

const payloadOf = async (file: PickedFile) => ({
  name: typeof file === 'string' ? basename(file) : file.name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(typeof file === 'string' ? await readFile(file) : file.bytes),
})
