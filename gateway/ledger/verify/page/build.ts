/**
 * Builds the page an auditor opens from disk: `node gateway/ledger/verify/page/build.ts` writes latchkey-verify.html,
 * one file with everything in it, that loads and sends nothing. The same sources give the same file; a test holds it
 * fresh.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

const FOLDER = import.meta.dirname
const ROOT = join(FOLDER, '..', '..', '..', '..')
export const PAGE = join(FOLDER, 'latchkey-verify.html')

export async function buildPage(): Promise<string> {
  const script = await bundle()
  const style = readFileSync(join(FOLDER, 'page.css'), 'utf8').trim()
  const licence = readFileSync(join(ROOT, 'node_modules', '@noble', 'curves', 'LICENSE'), 'utf8').trim()
  const hashes = { 'script-hash': hashOf(script), 'style-hash': hashOf(style) }
  const parts: Record<string, string> = { licence, script, style, ...hashes }
  const page = readFileSync(join(FOLDER, 'page.html'), 'utf8')
  return page.replace(/\{([a-z-]+)\}/g, (whole, name: string) => parts[name] ?? whole)
}

/** As a Content-Security-Policy names an inline script or style. */
const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`

async function bundle(): Promise<string> {
  const made = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    publicDir: false,
    resolve: { preserveSymlinks: true },
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      lib: { entry: join(FOLDER, 'page.ts'), formats: ['iife'], name: 'latchkey' },
    },
  })
  const [output] = Array.isArray(made) ? made : [made]
  const chunk = output !== undefined && 'output' in output ? output.output[0] : undefined
  if (chunk === undefined) throw new Error('the page was not built')
  // A script that stands in a page must not hold what ends it.
  return `\n${chunk.code.trim().replaceAll('</script', '<\\/script')}\n`
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, await buildPage())
