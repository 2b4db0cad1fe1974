/**
 * `latchkey version`: which software this is. A build carries the commit it was made from and the hash of its files;
 * a checkout is asked for its commit. Read next: gateway/build.ts, ledger/store/migrations/index.ts (the schema).
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { migrations } from '../ledger/store/migrations/index.ts'
import type { Io } from './site.ts'

export type Software = {
  readonly version: string
  /** Undefined where nobody said. It ends in `-changed` when the files were not those of the commit. */
  readonly commit?: string | undefined
  /** SHA-256 of the files of the build; `sources`: there is none. */
  readonly build: string
  /** Of the ledger: it reads this one and all before. */
  readonly schema: number
  readonly node: string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUILD = `${ROOT}dist/build.json`
/** This file is in a build, or is a source. */
const IS_BUILT = import.meta.filename.endsWith('.js')

export function software(version: string): Software {
  const known = IS_BUILT && existsSync(BUILD) ? (JSON.parse(readFileSync(BUILD, 'utf8')) as Built) : undefined
  const { commit, build } = known ?? { commit: commitOf(ROOT), build: 'sources' }
  return { version, commit, build, schema: migrations.length, node: process.version }
}

type Built = { readonly commit?: string; readonly build: string }

export function versionCommand(version: string, { json }: { json: boolean }, { stdout }: Pick<Io, 'stdout'>): void {
  const is = software(version)
  const lines = Object.entries(is).map(([name, value = 'not known']) => `${name.padEnd(8)} ${value}`)
  stdout.write(json ? `${JSON.stringify(is)}\n` : `${lines.join('\n')}\n`)
}

/** Of a checkout. */
function commitOf(root: string): string | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '-changed'}`
  } catch {
    return undefined
  }
}
