/**
 * The demo as a person starts it, and a browser before it. What a person does is said in words here: book, unlock, look
 * as somebody else. Read next: newcomer.ts and pages.ts (who plays), test/support/chromium.ts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { openChromium } from '../../support/chromium.ts'
import { runProcess, startProcess, until } from '../../support/process.ts'
import { nowMs } from '../../support/proof.ts'
import type { Run } from '../item.ts'

const root = new URL('../../..', import.meta.url).pathname
const READY_MS = 180_000
/** Longest wait for anything a person waits for. */
export const SLOW_MS = 20_000

export const BOOTH = 'spray-booth-1'
export const sizes = { phone: [390, 844], tablet: [1024, 768], wall: [1920, 1080] } as const
export type Size = keyof typeof sizes
export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

export type Stage = {
  readonly url: string
  readonly browser: Browser
  readonly startedAtMs: number
  readonly gatewayPid: () => number
}

export async function openStage(run: Run): Promise<Stage> {
  return watchDemo(run, nowMs(), process.execPath, ['simulators/demo.ts'], root)
}

/** From nothing, by the two commands that README.md names: the clone has what is committed, and gets its packages. */
export async function openCloned(run: Run): Promise<Stage> {
  const startedAtMs = nowMs()
  const clone = join(run.scope.folder, 'clone')
  await runProcess('git', ['clone', '--quiet', root, clone], { cwd: root })
  run.say('cloned')
  await runProcess('npm', ['ci', '--no-audit', '--no-fund'], { cwd: clone })
  run.say('packages are there')
  return watchDemo(run, startedAtMs, 'npm', ['run', 'demo', '--'], clone)
}

async function watchDemo(
  { scope, say }: Run,
  startedAtMs: number,
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<Stage> {
  const folder = join(scope.folder, 'demo')
  const demo = startProcess(command, [...args, '--state-dir', folder], { cwd })
  scope.defer(() => demo.kill('SIGINT'))
  const browser = await openChromium(scope)
  const address = () => / Open +(http:\S+)/.exec(demo.output())?.[1]
  let ended = false
  void demo.exited.then(() => {
    ended = true
  })
  await until(() => ended || address() !== undefined, READY_MS, 'the demo prints no address')
  if (address() === undefined) throw new Error(`the demo has ended: ${demo.output().slice(-600)}`)
  say(`the demo is open at ${address()}`)
  return {
    ...{ url: address()!, browser, startedAtMs },
    gatewayPid: () =>
      (JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')) as { processes: Record<string, number> }).processes
        .gateway!,
  }
}

export type Look = { readonly size?: Size; readonly language?: Language; readonly dark?: boolean }
export type Visit = { readonly page: Page; readonly context: BrowserContext; readonly faults: string[] }

/** A person with a device. `faults`: what the browser itself complains of. */
export async function visit({ browser }: Pick<Stage, 'browser'>, look: Look = {}): Promise<Visit> {
  const { size = 'phone', language = 'en', dark = false } = look
  const [width, height] = sizes[size]
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    hasTouch: size !== 'wall',
    // Whatever moves would make a picture another one each time.
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(SLOW_MS)
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('dialog', (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text())
  })
  return { page, context, faults }
}

/** Books an hour at the machine that the strip names, and comes to the tenant's page. */
export async function book(page: Page, url: string, machine: string = BOOTH): Promise<void> {
  await page.goto(`${url}/m/${machine}`)
  await page.click('#demo-strip [data-act=book]')
  await page.waitForURL((now) => now.pathname === `/m/${machine}`)
  await page.waitForSelector('.stage .primary.large:enabled')
  await page.waitForSelector('#demo-strip [data-act=stop]')
}

export async function unlock(page: Page): Promise<void> {
  await page.click('.stage .primary.large')
  await page.waitForSelector('.stage .clock')
}

/** `rest`: what becomes of the rest of the booking. */
export async function endUse(page: Page, rest: 'kept' | 'released' = 'kept'): Promise<void> {
  await page.click('.end > button')
  await page.click(rest === 'kept' ? '.confirm .primary' : '.confirm .primary + button')
  await page.waitForSelector('.stage .actions', { timeout: 60_000 })
}

export async function lookAs(page: Page, url: string, role: 'technician' | 'auditor' | 'owner'): Promise<void> {
  await page.goto(url)
  const [reloaded] = await Promise.all([
    page.waitForEvent('load', { timeout: 60_000 }),
    page.click(`#demo-strip [data-act=${role}]`),
  ])
  await reloaded.waitForSelector('.who button')
}
