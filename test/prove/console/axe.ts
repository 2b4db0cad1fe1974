/** What axe-core finds wrong with each page for people who see, hear or move differently: nothing, light and dark. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { createChecks, type Item } from '../item.ts'
import { BOOTH, book, endUse, lookAs, openStage, unlock, visit } from './stage.ts'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const axe: Item = {
  name: 'axe',
  async run(run) {
    const { check, verdict } = createChecks(run.say)
    const stage = await openStage(run)
    let looked = 0
    const judge = async (page: Page, where: string) => {
      looked += 1
      const found = await violations(page)
      check(where, found.length === 0, found)
    }
    for (const dark of [false, true]) {
      const look = dark ? 'dark' : 'light'
      const tenant = await visit(stage, { dark })
      await tenant.page.goto(stage.url)
      await tenant.page.waitForSelector('.card')
      await judge(tenant.page, `floor, ${look}`)
      await tenant.page.goto(`${stage.url}/?plan`)
      await tenant.page.waitForSelector('.place')
      await judge(tenant.page, `plan, ${look}`)
      await tenant.page.goto(`${stage.url}/m/${BOOTH}`)
      await tenant.page.waitForSelector('.stage')
      await judge(tenant.page, `tenant, signed out, ${look}`)
      await book(tenant.page, stage.url)
      await judge(tenant.page, `tenant, before, ${look}`)
      await unlock(tenant.page)
      await judge(tenant.page, `tenant, running, ${look}`)
      await tenant.page.click('[data-act=stop]')
      await tenant.page.waitForSelector('.stage[data-attention]')
      await judge(tenant.page, `tenant, stopped, ${look}`)
      await tenant.page.click('[data-act=release]')
      await endUse(tenant.page)
      await judge(tenant.page, `tenant, ended, ${look}`)
      await tenant.context.close()
      for (const [role, path, ready] of [
        ['technician', `/machines/${BOOTH}`, 'table'],
        ['technician', '/bench', '.links li'],
        ['technician', '/bench?view=look', '.section .row'],
        ['technician', '/bench?view=upkeep', '.services td'],
        ['technician', '/bench?view=tariffs', '.quote'],
        ['technician', '/bench?view=trust', '.certificate'],
        ['technician', '/bench?view=file', '.edit'],
        ['technician', '/bench?view=labels', '.sticker'],
        ['auditor', '/books', 'table'],
      ] as const) {
        const person = await visit(stage, { dark, size: 'tablet' })
        await lookAs(person.page, stage.url, role)
        await person.page.goto(stage.url + path)
        await person.page.waitForSelector(ready)
        await judge(person.page, `${path}, ${look}`)
        await person.context.close()
      }
    }
    return verdict(`${looked} pages and states`)
  },
}

/** Put in as a script of the browser's own, since the policy of the page lets no other in. Without the strip. */
export async function violations(page: Page): Promise<string[]> {
  const client = await page.context().newCDPSession(page)
  const { frameTree } = await client.send('Page.getFrameTree')
  const { executionContextId } = await client.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id })
  await client.send('Runtime.evaluate', { expression: source, contextId: executionContextId })
  const run = `axe.run({ exclude: ['#demo-strip'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => id + ' at ' + node.target.join(' ') + ': ' + (node.any[0]?.message ?? ''))))`
  const { result } = await client.send('Runtime.evaluate', {
    expression: run,
    contextId: executionContextId,
    awaitPromise: true,
    returnByValue: true,
  })
  await client.detach()
  return (result.value as string[] | undefined) ?? ['axe did not run']
}
