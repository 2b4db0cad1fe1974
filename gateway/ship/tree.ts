/**
 * The files of an installed gateway: the build, the data that it reads, its libraries without what only developers
 * need, and Node. It reads the checkout, where `npm ci` has put what the lockfile names, and no network.
 * Read next: ship.ts, lockfile.ts, gateway/build.ts.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Library } from './lockfile.ts'
import type { TreeFile } from './tar.ts'

export type Arch = 'x64' | 'arm64'

/** Sources are in the build; the rest of these folders is data that it reads. */
const DATA = ['adapters', 'config', 'gateway']
const IS_SOURCE = /\.tsx?$|^gateway\/(ship|console\/style)\//
/** What a library has for those who develop with it, or for other systems. */
const NOT_SHIPPED =
  /\.(?:[cm]?ts|map|md|markdown|flow|c|cc|cpp|h|gyp|gypi)$|(?:^|\/)(?:test|tests|docs|examples?|bench(?:marks?)?|\.github)\//
const IS_LICENCE = /^(?:licen[cs]e|copying|notice)/i

/** Below the folder it is installed in. `build` is the folder of the build, `node` the program. */
export function installedFiles(
  root: string,
  from: { readonly libraries: readonly Library[]; readonly build: string; readonly node: string; readonly arch: Arch },
): TreeFile[] {
  const { libraries, build, node, arch } = from
  return [
    file('bin/node', node, true),
    file('package.json', join(root, 'package.json')),
    file('LICENSE', join(root, 'LICENSE')),
    file('CHANGELOG.md', join(root, 'CHANGELOG.md')),
    ...filesIn(build).map((name) => file(`dist/${name}`, join(build, name))),
    ...trackedFiles(root)
      .filter((path) => !IS_SOURCE.test(path))
      .map((path) => file(path, join(root, path))),
    ...libraries.filter(({ path }) => path !== '').flatMap((library) => libraryFiles(root, library, arch)),
  ]
}

/** The text of a library's licence, if it brings one. */
export function licenceText(root: string, { path }: Library): string | undefined {
  const name = readdirSync(join(root, path)).find((entry) => IS_LICENCE.test(entry))
  return name === undefined ? undefined : readFileSync(join(root, path, name), 'utf8')
}

function libraryFiles(root: string, { path, version }: Library, arch: Arch): TreeFile[] {
  const folder = join(root, path)
  const installed = existsSync(folder)
    ? (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
    : 'none'
  if (installed !== version) throw new Error(`${path} is ${installed}, and the lockfile says ${version}: run npm ci`)
  return filesIn(folder)
    .filter((name) => !NOT_SHIPPED.test(name) || IS_LICENCE.test(name.slice(name.lastIndexOf('/') + 1)))
    .filter((name) => !/(?:^|\/)prebuilds\//.test(name) || name.includes(`/linux-${arch}/`))
    .map((name) => file(`${path}/${name}`, join(folder, name)))
}

/** Sorted; without the libraries of a library, which are on their own in the lockfile, and without what is hidden. */
function filesIn(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      return entry.isDirectory() ? filesIn(folder, path) : [path]
    })
}

function trackedFiles(root: string): string[] {
  return execFileSync('git', ['ls-files', '-z', ...DATA], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '')
}

const file = (path: string, from: string, isExecutable = false): TreeFile => ({
  path,
  bytes: readFileSync(from),
  isExecutable,
})
