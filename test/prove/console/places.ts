/**
 * Where in the sources of the pages something can be pressed or typed into, and a build of the pages in which each such
 * part says where it stands. So a proof knows what it has seen, and what nobody has looked at: nothing is listed by
 * hand.
 * Read next: walk/walk.ts (who goes everywhere), axe.ts and attacks.ts (what is done there).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { buildConsole } from '../../../gateway/front/console/build.ts'

const CONSOLE = join(import.meta.dirname, '../../../gateway/front/console')
/** The form of an act with a reason stands in one file; each use of it is a place of its own. */
const REASON = 'parts/with-reason.tsx'
const OPENED = /<(button|details|form|input|select|textarea|WithReason)(?=[\s>])/g

/** `pages/bench/quote.tsx:58 form` */
type Place = string
type Stamped = { readonly places: readonly Place[]; readonly text: string }

/** The source with its places written into it, where the browser can see them. Pure. */
export function stamp(file: string, source: string): Stamped {
  const places: Place[] = []
  const text = source.replaceAll(OPENED, (opened, tag: string, at: number) => {
    const place = `${file}:${source.slice(0, at).split('\n').length} ${tag}`
    places.push(place)
    const use = file === REASON && tag === 'form' ? ' data-use={props.place}' : ''
    return tag === 'WithReason' ? `${opened} place="${place}"` : `${opened} data-place="${place}"${use}`
  })
  return { places, text }
}

const sources = () =>
  readdirSync(CONSOLE, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.tsx'))
    .map((file) => stamp(file, readFileSync(join(CONSOLE, file), 'utf8')))

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

export type Stamps = {
  /** Every place there is. */
  readonly places: readonly Place[]
  /** Shows the stamped pages to whoever looks in this context; what the gateway sends with them stays as it is. */
  show(context: BrowserContext): Promise<void>
}

export async function stampedPages(): Promise<Stamps> {
  const built = await buildConsole([
    {
      name: 'places',
      enforce: 'pre',
      transform: (code, id) =>
        id.startsWith(`${CONSOLE}/`) && id.endsWith('.tsx')
          ? stamp(id.slice(CONSOLE.length + 1), code).text
          : undefined,
    },
  ])
  const isPart = ({ pathname }: URL) => pathname.startsWith('/console/assets/')
  const isPage = ({ pathname }: URL) => /^\/($|bench|books|sign-in|m\/|machines\/)/.test(pathname)
  return {
    places: sources().flatMap(({ places }) => places),
    async show(context) {
      await context.route(isPart, (route) => {
        const name = new URL(route.request().url()).pathname.slice('/console/'.length)
        return route.fulfill({ body: built.get(name) ?? '', contentType: TYPES[extname(name)] ?? 'text/plain' })
      })
      await context.route(isPage, async (route) => {
        if (route.request().resourceType() !== 'document') return route.continue()
        const response = await route.fetch()
        return route.fulfill({ response, body: built.get('index.html')! })
      })
    },
  }
}

/** The places that somebody sees on the page as it is now. */
export async function placesOn(page: Page): Promise<readonly Place[]> {
  return (await page.evaluate(`[...document.querySelectorAll('[data-place]')]
    .filter((each) => each.checkVisibility())
    .flatMap(({ dataset: { place, use } }) => use === undefined ? [place] : [place, use])`)) as Place[]
}
