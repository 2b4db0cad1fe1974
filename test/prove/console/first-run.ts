/**
 * The first run: one command, where there is no site file, prints an address that signs in; from there a link and a
 * machine are added by forms, and the machine is read. A second run with --new replaces nothing.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openChromium } from '../../support/chromium.ts'
import { freePort } from '../../support/ports.ts'
import { startProcess, until } from '../../support/process.ts'
import { startMachine } from '../../support/simulators.ts'
import { createChecks, type Item } from '../item.ts'
import { addLink, addMachine } from './commission.ts'
import { languages, visit } from './stage.ts'

const root = new URL('../../..', import.meta.url).pathname
const READY_MS = 90_000

export const firstRun: Item = {
  name: 'first-run',
  async run({ quick, scope, say }) {
    const { check, verdict } = createChecks(say)
    const browser = await openChromium(scope)
    for (const language of quick ? (['en'] as const) : languages) {
      const [meter, port] = [await startMachine(scope, 'spray-booth', { name: `meter-${language}` }), await freePort()]
      const path = join(scope.folder, `first-${language}`, 'site.yaml')
      const args = ['gateway/main.ts', 'run', path, '--new', '--listen', `127.0.0.1:${port}`, '--log', 'warn']
      const gateway = startProcess(process.execPath, args, { cwd: root })
      scope.defer(() => gateway.kill('SIGTERM'))
      const address = () => /Open (http:\S+)/.exec(gateway.output())?.[1]
      await until(() => address() !== undefined, READY_MS, 'the gateway prints no address')
      const { origin } = new URL(address()!)
      const { page, context, faults } = await visit({ browser }, { language, size: 'tablet' })
      await page.goto(address()!)
      await page.waitForSelector('.who button')
      check(`${language}: the key is gone from the address`, !page.url().includes('lk_'), page.url())
      await page.waitForSelector('.section .primary')
      const steps = await page.$$('.steps li')
      check(`${language}: a gateway without machines shows the way to the first`, steps.length === 4)
      await addLink(page, origin, 'bus', meter.modbusPort)
      await addMachine(page, 'booth', 'bus')
      await page.goto(`${origin}/bench`)
      await page.waitForSelector('.columns .steps li[data-step=done]:nth-child(3)')
      const text = readFileSync(path, 'utf8')
      const isKept = text.startsWith('# Begun') && text.includes('\n  booth:\n')
      check(`${language}: the site file has what was added, with its comments`, isKept, text)
      check(`${language}: the browser complains of nothing`, faults.length === 0, faults)
      await context.close()
      const again = startProcess(process.execPath, args, { cwd: root })
      await until(() => again.output().includes('it is there already'), READY_MS, 'a second first run says nothing')
      check(`${language}: nothing is replaced`, readFileSync(path, 'utf8') === text)
    }
    return verdict()
  },
}
