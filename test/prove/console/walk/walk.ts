/**
 * Everybody who uses the pages, through every page, form and state there is. What is done where they stand is for
 * whoever sends them: axe.ts looks and walks by keyboard, attacks.ts types what harms. What nobody came to is told.
 * Read next: the people beside this file, places.ts (what there is to come to), house.ts (where they go).
 */
import type { Browser, Page, Request } from 'playwright-core'
import { createBench } from '../../../front/api/bench.ts'
import type { Scope } from '../../../support/proof.ts'
import { type House, openHouse } from '../house.ts'
import { placesOn, type Stamps } from '../places.ts'
import { visit } from '../stage.ts'
import { drill, technician } from './bench.ts'
import { auditors, owner } from './books.ts'
import { siteFile } from './file.ts'
import { registers } from './look.ts'
import { stranger, tenant } from './tenant.ts'

export type Eyes = {
  /** Somebody stands before the page as it is now. */
  look(page: Page, where: string): Promise<void>
  /** What people write where words are wanted; `plain`: without what no label has. */
  say(plain?: 'plain'): string
}

export type Walk = Eyes & {
  readonly house: House
  readonly url: string
  /** Somebody with a device of their own, who has not signed in. */
  enter(): Promise<Page>
}

type Walkers = Eyes & {
  readonly scope: Scope
  readonly browser: Browser
  readonly stamps: Stamps
  readonly dark: boolean
  /** What the browser complained of while somebody walked. */
  complain(faults: readonly string[]): void
  /** What their browsers asked for. */
  heard?(request: Request): void
}

/** `unseen`: the places that nobody came to. The house is open until the scope ends. */
export async function walkEverywhere(
  walkers: Walkers,
): Promise<{ readonly house: House; readonly unseen: readonly string[] }> {
  const { scope, browser, stamps, dark, complain, say } = walkers
  const house = await openHouse(scope, say)
  const unseen = new Set(stamps.places)
  const seen: (() => Promise<void>)[] = []
  const walk: Walk = {
    ...{ house, url: house.url, say },
    async look(page, where) {
      for (const place of await placesOn(page)) unseen.delete(place)
      await walkers.look(page, where)
    },
    async enter() {
      const { page, context, faults } = await visit({ browser }, { size: 'tablet', dark })
      await stamps.show(context)
      context.on('request', (request) => walkers.heard?.(request))
      seen.push(async () => {
        complain(faults)
        await context.close()
      })
      return page
    },
  }
  for (const person of [stranger, drill, tenant, technician, registers, siteFile, auditors, owner, first]) {
    // One who gets stuck keeps nobody else from going on.
    await person(walk).catch((error: unknown) => complain([`${person.name}: ${error}`]))
    for (const leave of seen.splice(0)) await leave()
  }
  return { house, unseen: [...unseen] }
}

export async function signIn(page: Page, url: string, key: string): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await page.fill('#credential', key)
  await page.click('.sign-in .primary')
  await page.waitForSelector('.who button')
}

/** An act with a reason, of the form that has this word. */
export async function act(page: Page, word: string, why: string): Promise<void> {
  await page.fill(`[id^="why-${word}"]`, why)
  await page.click(`form:has([id^="why-${word}"]) button`)
}

/** The way to the first machine, where there is none. */
async function first(walk: Walk): Promise<void> {
  const bench = await createBench((config) => ({ ...config, machines: [], api: { ...config.api, board: 'states' } }))
  try {
    const url = await bench.app.listen({ port: 0, host: '127.0.0.1' })
    const page = await walk.enter()
    await signIn(page, url, (await bench.addKey('technician', 'Wang')).key.text)
    await page.goto(`${url}/bench`)
    await page.waitForSelector('.steps ~ .primary')
    await walk.look(page, 'the bench without a machine')
  } finally {
    await bench.close()
  }
}
