/**
 * Texts that harm, in every field of the pages that a machine, a tenant, a platform or an owner can fill, and typed
 * into every form: nothing runs, nothing is loaded from elsewhere, and no page grows wider than its screen. And: framed
 * by another page, called by it, and with a cookie that was stolen and signed out.
 * Read next: harm.ts (the texts), walk/walk.ts (who types them).
 */
import { writeFileSync } from 'node:fs'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { type Bench, createBench } from '../../front/api/bench.ts'
import { boardRow, session } from '../../front/api/rows.ts'
import { machine } from '../../front/api/site.ts'
import { openChromium } from '../../support/chromium.ts'
import type { Scope } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'
import { harmfulWords, texts, typeAll } from './harm.ts'
import { askAsOthers, createEar } from './others.ts'
import { stampedPages } from './places.ts'
import { type Size, visit } from './stage.ts'
import { walkEverywhere } from './walk/walk.ts'

const HARMFUL_PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="parent.ran=1"><script>parent.ran=1</script></svg>'

const names = texts.map((_, index) => `m-${index}`)

export const attacks: Item = {
  name: 'attacks',
  fullOnly: true,
  async run({ quick, scope, say }) {
    const { check, verdict } = createChecks(say)
    const bench = await createHarmed()
    scope.defer(() => bench.close())
    const url = await bench.app.listen({ port: 0, host: '127.0.0.1' })
    const browser = await openChromium(scope)
    const keys = {
      technician: await bench.addKey('technician', texts[0]!),
      auditor: await bench.addKey('auditor', texts[1]!),
    }
    const paths = [
      '/',
      '/?plan',
      '/bench',
      '/books',
      ...names.slice(0, quick ? 12 : 60).map((id, at) => (at % 2 ? `/m/${id}` : `/machines/${id}`)),
    ]
    for (const [role, { key }] of Object.entries(keys))
      for (const size of ['phone', 'tablet'] as const satisfies readonly Size[]) {
        const { page, context, faults } = await visit({ browser }, { size })
        const strange: string[] = []
        page.on('request', (request) => {
          if (!request.url().startsWith(url)) strange.push(request.url())
        })
        await page.goto(`${url}/sign-in`)
        await page.fill('#credential', key.text)
        await page.click('.sign-in button')
        await page.waitForSelector('.who button')
        let wide = ''
        for (const path of paths) {
          await page.goto(url + path)
          await page.waitForSelector('h1', { state: 'attached' })
          if (path === '/books' && role === 'auditor') await page.waitForSelector('.history li')
          const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
          if (over > 0) wide += ` ${path} by ${over}`
          if ((await page.evaluate('window.ran')) !== undefined) faults.push(`something ran at ${path}`)
        }
        check(`${role}, ${size}: nothing runs`, faults.length === 0, faults)
        check(`${role}, ${size}: nothing is loaded from elsewhere`, strange.length === 0, strange)
        check(`${role}, ${size}: no page is wider than its screen`, wide === '', wide)
        await context.close()
      }
    await framed(scope, url, browser, check)
    await foreignHost(url, check)
    await stolen(url, keys.technician.key.text, check)
    const shown = `${texts.length} texts on ${paths.length} pages, twice as two people`
    if (quick) return verdict(shown)
    const typed = await everywhere(scope, browser, { check, say })
    return verdict(`${shown}, and in ${typed} fields`)
  },
}

type Told = { readonly check: Check; say(text: string): void }

/** People who write nothing else, in every form there is; how many fields they filled. */
async function everywhere(scope: Scope, browser: Browser, { check, say }: Told): Promise<number> {
  const stamps = await stampedPages()
  const done = new Set<string>()
  let typed = 0
  const ear = createEar()
  const { unseen, house } = await walkEverywhere({
    ...{ scope, browser, stamps, dark: false, say: harmfulWords() },
    async look(page, where) {
      say(where)
      const { fields, wide, ran } = await typeAll(page, done)
      typed += fields
      check(`${where}: nothing runs`, !ran)
      check(`${where}: the page is no wider than its screen`, wide.length === 0, wide)
    },
    complain: (faults) => check('the browser complains of nothing', faults.length === 0, faults),
    heard: ear.heard,
  })
  check('every form was filled', unseen.length === 0, unseen)
  await askAsOthers(house, ear.asked, check)
  return typed
}

/** A site whose owner, platform, tenants and devices have filled every field with what harms. */
async function createHarmed(): Promise<Bench> {
  const bench = await createBench((config) => ({
    ...config,
    api: { ...config.api, board: 'states' },
    plan: join(config.dataDir, 'plan.svg'),
    machines: texts.map((text, index) => {
      const base = machine(names[index]!, 'huajian')
      const titled = { signals: base.signals.map((each) => ({ ...each, title: text, unit: text.slice(0, 12) })) }
      const meters = base.meters.map((each) => ({ ...each, title: text }))
      const about = { contact: text, photo: join(config.dataDir, 'plan.svg'), place: { x: index % 100, y: 50 } }
      return { ...base, ...titled, meters, about, kind: text, name: { en: text, zh: text } }
    }),
  }))
  writeFileSync(bench.config.plan!, HARMFUL_PICTURE)
  bench.clock.ns += 1n
  const rows = names.map((id, index) => {
    const availability = { state: 'OutOfOrder', reason: `timeout:${texts[index]}`, detail: texts[index]! } as const
    return boardRow(id, { availability, asOfNs: bench.clock.ns, maxAgeMs: 10_000_000 })
  })
  bench.setBoard(...rows)
  for (const [index, text] of texts.entries()) {
    const tenant = text.slice(0, 64)
    bench.commit({ kind: 'session', session: session({ machine: names[index]!, tenant, owner: 'huajian' }) })
  }
  // What people wrote into the ledger: configurations, reasons, the names of those who answer for them.
  bench.addEntries(texts.length, (index) => {
    const text = texts[index]!
    const data = { configurationId: text, by: { name: text }, changes: [{ what: text, from: text, to: text }] }
    return { kind: 'ConfigurationApplied', machine: undefined, data } as never
  })
  bench.addEntries(texts.length, (index) => {
    const data = { state: 'damaged', reason: texts[index]!, by: { name: texts[index]! } }
    return { kind: 'InspectionRecorded', machine: names[index]!, data } as never
  })
  return bench
}

type Check = ReturnType<typeof createChecks>['check']

/** A page of somebody else shows the console in a frame, and asks it in the name of whoever looks. */
async function framed(
  scope: Parameters<typeof openChromium>[0],
  url: string,
  browser: Awaited<ReturnType<typeof openChromium>>,
  check: Check,
): Promise<void> {
  const html = `<iframe src="${url}/"></iframe>`
  const evil = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html))
  await new Promise<void>((done) => evil.listen(0, '127.0.0.1', done))
  scope.defer(() => evil.close())
  const { page, context } = await visit({ browser })
  await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`)
  const frame = page.frames()[1]
  const content = await frame?.evaluate('document.querySelector(".page") !== null').catch(() => false)
  check('it stands in no frame', content !== true)
  const answers = await page.evaluate(`Promise.all([
    fetch('${url}/console/session', { method: 'DELETE', credentials: 'include' }).then(() => 'read', () => 'refused'),
    fetch('${url}/console/day?day=2026-11-23', { credentials: 'include' }).then(() => 'read', () => 'refused'),
  ])`)
  check('another page reads nothing of it', String(answers) === 'refused,refused', answers)
  await context.close()
}

/** A name of somebody else that leads to this gateway, as a page with a name server of its own can make it. */
async function foreignHost(url: string, check: Check): Promise<void> {
  const { port } = new URL(url)
  const ask = (path: string) =>
    new Promise<number>((done, fail) => {
      get({ host: '127.0.0.1', port, path, headers: { host: 'evil.example' } }, (answer) => {
        answer.destroy()
        done(answer.statusCode ?? 0)
      }).on('error', fail)
    })
  const seen = await Promise.all(['/console/live', '/console/session', '/console/plan'].map(ask))
  check('a strange host is shown nothing', seen.join() === '421,421,401', seen)
}

async function stolen(url: string, key: string, check: Check): Promise<void> {
  const ask = (path: string, method: string, headers: Record<string, string>) =>
    fetch(url + path, { method, headers: { origin: url, ...headers } })
  const made = await ask('/console/session', 'POST', { authorization: `Bearer ${key}` })
  const cookie = made.headers.get('set-cookie')?.split(';')[0] ?? ''
  check('a cookie opens what its holder may see', (await ask('/v1/machines', 'GET', { cookie })).status === 200)
  const forged = await ask('/v1/machines/m-1/maintenance', 'POST', { cookie, origin: 'http://evil.example' })
  check('a forged origin does nothing', forged.status === 401, forged.status)
  await ask('/console/session', 'DELETE', { cookie })
  check('stolen, it opens nothing after the sign-out', (await ask('/v1/machines', 'GET', { cookie })).status === 401)
}
