/**
 * Entries that a store refuses for good, dealt with on the bench: one dropped with a reason, one mended after the lines
 * were refused again, one sent again once the store takes it. The ledger says who did what and why.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { openChromium } from '../../support/chromium.ts'
import { startPlant } from '../../support/gateway-plant.ts'
import { until } from '../../support/process.ts'
import type { Scope } from '../../support/proof.ts'
import { type Checks, createChecks, type Item } from '../item.ts'
import { violations } from './axe.ts'
import { type Language, languages, SLOW_MS, visit } from './stage.ts'

const MACHINE = 'booth-1'
const WHY = 'Seen with the store, as agreed'
const MENDED = `availability,site=sinks,machine=${MACHINE} state="Mended"`

export const sinks: Item = {
  name: 'sinks',
  async run(run) {
    const { check, verdict } = createChecks(run.say)
    const store = await startStore(run.scope)
    const plant = await startPlant(run.scope, {
      site: 'sinks',
      machines: { 'spray-booth': 1 },
      influx: { url: store.url, database: 'latchkey' },
      people: { Wang: { role: 'technician', name: 'Wang' } },
    })
    const browser = await openChromium(run.scope)
    for (const language of run.quick ? (['en'] as const) : languages) {
      run.say(`three are refused, in ${language}`)
      store.refuseNext(3)
      const token = plant.key('Wang')
      const path = `/machines/${MACHINE}/maintenance`
      for (const on of [true, false, true, false])
        await plant.api.call('POST', path, { token, body: { on, reason: 'makes an entry' } })
      await until(() => store.refused().length === 3, SLOW_MS, 'the store gets nothing to refuse')
      const { page, context, faults } = await visit({ browser }, { language })
      await signIn(page, plant.api.url, token)
      await deal(page, language, store, check)
      check(`${language}: the browser complains of nothing`, faults.length === 0, faults)
      await context.close()
      const handled = (await plant.api.entries()).filter(({ kind }) => kind === 'ParkedHandled').slice(-3)
      const told = handled.map(({ data: { what, by, reason } }) => `${what} by ${by}: ${reason}`)
      const due = ['drop', 'mend', 'release'].map((what) => `${what} by Wang: ${WHY}`)
      check(`${language}: the ledger says what, who and why`, `${told}` === `${due}`, told)
    }
    return verdict()
  },
}

async function signIn(page: Page, url: string, key: string): Promise<void> {
  await page.goto(`${url}/bench`)
  await page.fill('#credential', key)
  await page.click('.sign-in .primary')
  await page.waitForSelector('[data-sink=influx]')
}

async function deal(page: Page, language: Language, store: Store, check: Checks['check']): Promise<void> {
  const sink = page.locator('[data-sink=influx]')
  await sink.locator('.failed:text-is("3")').waitFor()
  await sink.locator('button[aria-expanded]').click()
  const items = sink.locator('[data-entry]')
  await items.nth(2).waitFor()
  check(`${language}: the reason is that of the store`, (await items.first().innerText()).includes('odd type'))
  const press = async (act: string) => {
    const item = items.first()
    if ((await item.locator('.acts').count()) === 0) await item.locator('button').click()
    await item.locator(`input[value=${act}]`).check()
    return item
  }
  const send = async (act: string) => {
    const item = await press(act)
    await item.locator('.reason input').fill(WHY)
    await item.locator('.reason button').click()
    return item
  }
  const isGone = async (left: number) => {
    await until(async () => (await items.count()) === left, SLOW_MS, `${left} do not stay`)
    return (await page.evaluate('document.activeElement.getAttribute("role")')) === 'status'
  }
  await press('drop')
  const found = await violations(page)
  check(`${language}: axe-core finds nothing`, found.length === 0, found)
  const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
  check(`${language}: a phone shows it whole`, over <= 0, over)
  await send('drop')
  check(`${language}: a dropped one is gone, and the focus tells so`, await isGone(2))
  const mending = await press('mend')
  check(`${language}: the same lines are not sent`, (await mending.locator('.reason').count()) === 0)
  const lines = await mending.locator('textarea').inputValue()
  await mending.locator('textarea').fill(`${MENDED}\n${lines}`)
  await send('mend')
  await mending.locator('.refused').waitFor()
  check(`${language}: what is refused again stays, with why`, /odd type/.test(await mending.innerText()))
  await mending.locator('textarea').fill(MENDED)
  await send('mend')
  check(`${language}: a mended one is gone`, (await isGone(1)) && store.taken().includes(MENDED))
  store.forgive()
  await send('release')
  check(`${language}: one that is taken now is gone`, await isGone(0))
  await sink.locator('.failed').waitFor({ state: 'detached' })
  check(`${language}: and nothing is set aside any more`, true)
}

export type Store = {
  readonly url: string
  /** The next so many entries that come are refused for good. */
  refuseNext(count: number): void
  refused(): readonly string[]
  /** Those are taken from now on. */
  forgive(): void
  /** Lines that it took. */
  taken(): readonly string[]
}

/** An InfluxDB that finds fault with some entries, by their number. */
export async function startStore(scope: Scope): Promise<Store> {
  let left = 0
  let refused: string[] = []
  const taken: string[] = []
  const isBad = (line: string) => {
    const seq = /^availability,.* .*\bseq=(\d+)i/.exec(line)?.[1]
    if (seq === undefined) return false
    if (refused.includes(seq)) return true
    if (left === 0) return false
    left -= 1
    refused.push(seq)
    return true
  }
  const server = createServer(async (request, response) => {
    const bytes = await buffer(request)
    const text = `${request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes}`
    const lines = text === '' ? [] : text.split('\n')
    if (lines.filter(isBad).length > 0) {
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"a field of an odd type"}')
      return
    }
    taken.push(...lines)
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.defer(() => void server.close().closeAllConnections())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuseNext(count) {
      left = count
      refused = []
    },
    refused: () => refused,
    forgive() {
      refused = []
    },
    taken: () => taken,
  }
}
