/**
 * Builds the pages: `node gateway/front/console/build.ts` writes `built/`, which is committed, so that a gateway needs
 * no build. The same sources give the same files; a test holds them fresh.
 * Read next: main.tsx (where the pages begin), ../api/console/pages.ts (who serves them).
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type Plugin } from 'vite'

const FOLDER = import.meta.dirname
export const BUILT = join(FOLDER, 'built')

/** By their path below `built/`. `plugins`: what a proof does to the sources on the way. */
export async function buildConsole(plugins: readonly Plugin[] = []): Promise<ReadonlyMap<string, string>> {
  const { NODE_ENV: before } = process.env
  // Vite takes it for what the pages are for; a test runner sets another.
  process.env.NODE_ENV = 'production'
  const made = await build({
    configFile: false,
    root: FOLDER,
    base: '/console/',
    logLevel: 'error',
    publicDir: false,
    plugins: [...plugins],
    // Vite's own transform of TSX needs to be told once more what tsconfig.json says.
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      // A picture in the text of a page would be a second copy.
      assetsInlineLimit: 0,
      rolldownOptions: { output: { hashCharacters: 'hex' } },
    },
  })
  if (before === undefined) delete process.env.NODE_ENV
  else process.env.NODE_ENV = before
  const [output] = Array.isArray(made) ? made : [made]
  if (output === undefined || !('output' in output)) throw new Error('the pages were not built')
  return new Map(
    output.output.map((file) => {
      const text = file.type === 'chunk' ? file.code : file.source
      return [file.fileName, typeof text === 'string' ? text : Buffer.from(text).toString('utf8')]
    }),
  )
}

if (process.argv[1] === import.meta.filename) {
  const files = await buildConsole()
  rmSync(BUILT, { recursive: true, force: true })
  for (const [name, text] of files) {
    mkdirSync(dirname(join(BUILT, name)), { recursive: true })
    writeFileSync(join(BUILT, name), text)
  }
}
