/**
 * The gateway as an image starts it: `node gateway/build.ts` writes `dist/`, in which the sources and the libraries
 * that every gateway needs are a few files without types. What is seldom needed (OPC UA, the page of the API, the
 * other commands) is in files of its own, loaded when it is asked for. What is data stays where it is, and is found
 * from both. It is not committed: a checkout runs the sources.
 * Read next: latchkey.js, decisions/023-built-for-the-start.md.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build, type Plugin } from 'vite'

const ROOT = join(import.meta.dirname, '..')
export const BUILT = join(ROOT, 'dist')

/** What is started: the command, and by it the two other threads. */
const STARTED = {
  latchkey: 'gateway/latchkey.js',
  ledger: 'gateway/ledger/worker.ts',
  front: 'gateway/front/front.ts',
} as const

/**
 * Loaded from their packages when they are needed: what brings files of its own, what few sites need, and the
 * libraries of the adapters, since what they throw is known by where they are (control/host/stray.ts).
 */
const APART = [
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  '@fastify/swagger',
  '@fastify/swagger-ui',
  'light-my-request',
  'node-opcua-certificate-manager',
  'node-opcua-client',
  'node-opcua-transport',
]

/** `folder` is somewhere in the repository, so that it finds the packages. What was in it is gone. */
export async function buildGateway(folder = BUILT): Promise<void> {
  const { NODE_ENV } = process.env
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    publicDir: false,
    plugins: [places(relative(folder, ROOT)), narrow()],
    // As Node would find them.
    resolve: { preserveSymlinks: true, mainFields: ['main'] },
    ssr: { noExternal: true, external: APART },
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: true,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(Object.entries(STARTED).map(([name, file]) => [name, join(ROOT, file)])),
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js', comments: false },
      },
    },
  })
  // The bundler says `production` here, and with it npm would leave out packages for whoever is started by us.
  if (NODE_ENV === undefined) delete process.env.NODE_ENV
  writeFileSync(join(folder, 'build.json'), `${JSON.stringify(builtFrom(folder))}\n`)
}

/** What `latchkey version` says of a build. Without a checkout, as in an image, LATCHKEY_COMMIT names the commit. */
function builtFrom(folder: string): object {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).sort()) hash.update(`${name}\0`).update(readFileSync(join(folder, name)))
  const commit = process.env.LATCHKEY_COMMIT || git('rev-parse', 'HEAD')
  const isChanged = git('status', '--porcelain', '--untracked-files=no') ? '-changed' : ''
  return { version, ...(commit === undefined ? {} : { commit: `${commit}${isChanged}` }), build: hash.digest('hex') }
}

function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

const PLACES = /new URL\('([^']+\.ts)', import\.meta\.url\)|import\.meta\.(?:url|dirname)/g

/**
 * A source that says where it is goes on saying so: what it reads is beside it. A thread is a file of the build.
 * `root`: the way there from the build.
 */
function places(root: string): Plugin {
  const built = new Map<string, string>(Object.entries(STARTED).map(([name, file]) => [file, `./${name}.js`]))
  return {
    name: 'places',
    enforce: 'pre',
    transform(code, id) {
      const file = relative(ROOT, id)
      if (!/^(?:gateway|adapters|config)\//.test(file)) return undefined
      const folder = dirname(file)
      return code.replace(PLACES, (text, thread: string | undefined) => {
        if (thread !== undefined) return `new URL('${built.get(join(folder, thread))}', import.meta.url)`
        if (text === 'import.meta.dirname') return `(import.meta.dirname + '/${root}/${folder}')`
        return `new URL('${root}/${file}', import.meta.url).href`
      })
    },
  }
}

/** One letter beyond ASCII would make V8 keep the whole file with two bytes for each. */
function narrow(): Plugin {
  const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  return {
    name: 'narrow',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle))
        if (file.type === 'chunk') file.code = file.code.replace(/[^\0-\x7f]/g, escaped)
    },
  }
}

if (process.argv[1] === import.meta.filename) await buildGateway()
