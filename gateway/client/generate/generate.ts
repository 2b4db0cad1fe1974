/**
 * `node gateway/client/generate/generate.ts` writes gateway/client/built/, which is what `latchkey/client` is: the
 * types of the API, and the programs beside them as JavaScript. It is committed, so that a consumer builds nothing; a
 * test says when it is stale. The generator needs a TypeScript of its own and is installed apart, from the package.json
 * beside this file, when the description of the API has changed.
 * Read next: client.ts.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../../..')
export const DESCRIPTION = join(ROOT, 'gateway/front/api/openapi.json')
const TOOLS = join(ROOT, 'node_modules/.cache/latchkey-client')
const BUILT = join(ROOT, 'gateway/client/built')

type Responses = Record<string, object>
type Operation = { responses: Responses }
type Description = { paths: Record<string, Record<string, Operation>> }

/** What the built files are made from, by name, with their SHA-256: as it was then, or as it is. */
export const madeFrom = (): Record<string, string> =>
  Object.fromEntries(
    ['client.ts', 'inbox.ts', '../front/api/openapi.json'].map((name) => {
      const text = readFileSync(join(import.meta.dirname, '..', name))
      return [name.replace(/.*\//, ''), createHash('sha256').update(text).digest('hex')]
    }),
  )

/** Without what the pages of the gateway ask for, and with one form for all refusals. */
function forPrograms({ paths, ...rest }: Description): Description {
  const kept = Object.entries(paths).filter(([path]) => !path.startsWith('/console/'))
  return { ...rest, paths: Object.fromEntries(kept.map(([path, methods]) => [path, shortened(methods)])) }
}

const shortened = (methods: Record<string, Operation>) =>
  Object.fromEntries(
    Object.entries(methods).map(([method, operation]) => {
      const answers = Object.entries(operation.responses)
      const good = Object.fromEntries(answers.filter(([status]) => Number(status) < 400))
      const refusal = answers.find(([status]) => Number(status) >= 400)?.[1]
      const refused = refusal === undefined ? {} : { default: { ...refusal, description: 'Refused.' } }
      return [method, { ...operation, responses: { ...good, ...refused } }]
    }),
  )

/** The types of the API as text; `npm ci` is asked once for what makes them. */
export function typesOf(description: string): string {
  mkdirSync(TOOLS, { recursive: true })
  const names = ['package.json', 'package-lock.json']
  const isThere = names.every((name) => {
    const [own, there] = [join(import.meta.dirname, name), join(TOOLS, name)]
    return existsSync(there) && readFileSync(own, 'utf8') === readFileSync(there, 'utf8')
  })
  if (!isThere || !existsSync(join(TOOLS, 'node_modules'))) {
    for (const name of names) copyFileSync(join(import.meta.dirname, name), join(TOOLS, name))
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: TOOLS, stdio: 'inherit' })
  }
  const input = join(TOOLS, `openapi-${process.pid}.json`)
  writeFileSync(input, JSON.stringify(forPrograms(JSON.parse(description) as Description)))
  const program = join(TOOLS, 'node_modules/openapi-typescript/bin/cli.js')
  const output = join(TOOLS, `api-${process.pid}.d.ts`)
  try {
    execFileSync(process.execPath, [program, input, '-o', output], { stdio: ['ignore', 'ignore', 'inherit'] })
    return readFileSync(output, 'utf8')
  } finally {
    for (const file of [input, output]) rmSync(file, { force: true })
  }
}

/** The programs beside the types, as JavaScript with declarations. */
export function emit(folder: string): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', 'gateway/client', '--outDir', folder], { cwd: ROOT, stdio: 'inherit' })
  const declared = join(folder, 'client.d.ts')
  const text = readFileSync(declared, 'utf8')
  writeFileSync(declared, text.replaceAll('./built/api.d.ts', './api.js').replaceAll('./inbox.ts', './inbox.js'))
}

if (import.meta.main) {
  const [now, note] = [madeFrom(), join(BUILT, 'made-from.json')]
  const before = existsSync(note) ? (JSON.parse(readFileSync(note, 'utf8')) as typeof now) : {}
  mkdirSync(BUILT, { recursive: true })
  if (before['openapi.json'] !== now['openapi.json'])
    writeFileSync(join(BUILT, 'api.d.ts'), typesOf(readFileSync(DESCRIPTION, 'utf8')))
  emit(BUILT)
  writeFileSync(note, `${JSON.stringify(now, null, 2)}\n`)
}
