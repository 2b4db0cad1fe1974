/**
 * What axe-core finds wrong for people who see, hear or move differently: nothing, wherever there is something to press
 * or to type into, light and dark; and each of these states is walked by keyboard. A part of the pages that nobody came
 * to is a fault of this proof.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { openChromium } from '../../support/chromium.ts'
import { createScope } from '../../support/proof.ts'
import { createChecks, type Item } from '../item.ts'
import { keyboard } from './keyboard.ts'
import { stampedPages } from './places.ts'
import { walkEverywhere } from './walk/walk.ts'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const axe: Item = {
  name: 'axe',
  fullOnly: true,
  async run({ quick, scope, say }) {
    const { check, verdict } = createChecks(say)
    const [browser, stamps] = [await openChromium(scope), await stampedPages()]
    let looked = 0
    for (const dark of quick ? [false] : [false, true]) {
      const look = dark ? 'dark' : 'light'
      const inside = createScope(look)
      scope.defer(() => inside.close())
      const { unseen } = await walkEverywhere({
        ...{ scope: inside, browser, stamps, dark },
        say: () => 'As agreed with the workshop',
        async look(page, where) {
          looked += 1
          say(`${where}, ${look}`)
          const found = await violations(page)
          check(`${where}, ${look}`, found.length === 0, found)
          if (!dark) await keyboard(page, where, check)
        },
        complain: (faults) => check(`${look}: the browser complains of nothing`, faults.length === 0, faults),
      })
      await inside.close()
      check(`${look}: somebody came to everything that can be pressed or filled`, unseen.length === 0, unseen)
    }
    return verdict(`${looked} states, ${stamps.places.length} places`)
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
