/**
 * `npm run release -- --check`: whether this commit may be given to others. It is committed whole, the changelog says
 * who is affected and what to do, a ledger of its schema is kept for the software after it, and every proof holds in
 * its quick form. Without `--check` the packages follow, signed by `--key`. It publishes nothing.
 * Read next: main.ts, gateway/ship/ship.ts, test/ledger/store/released.test.ts.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { migrations } from '../../gateway/ledger/store/migrations/index.ts'
import { proofs as all } from './proofs.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
/** Of one proof; a quick form is meant to end within a minute, on a computer that does nothing else. */
const WITHIN_MS = 900_000
/** Of an item that falls short. */
const MOST_NOTES = 3

type Options = { readonly check: boolean; readonly key?: string; readonly proofs: readonly string[] }

await new Command('release')
  .description('Whether this commit may be given to others; without --check also makes its packages.')
  .option('--check', 'only look', false)
  .option('--key <file>', 'private Ed25519 key that signs the packages')
  .option('--proofs <names...>', 'only these proofs; nothing is released then', [])
  .action((options: Options) => {
    process.exitCode = release(options) ? 0 : 1
  })
  .parseAsync()

function release({ check, key, proofs }: Options): boolean {
  const fit = papers()
  for (const name of proofs.length > 0 ? proofs : Object.keys(all)) fit.push(proof(name))
  if (proofs.length === 0) fit.push(...more())
  const isFit = fit.every(Boolean)
  const minutes = `after ${(performance.now() / 60_000).toFixed(0)} minutes`
  if (!isFit || check || proofs.length > 0)
    return say('release', isFit, `${isFit ? 'may be given to others' : 'falls short'}, ${minutes}`)
  const args = ['gateway/ship/ship.ts', ...(key === undefined ? [] : ['--key', key])]
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status === 0
}

function papers(): boolean[] {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  const [, section = ''] = read('CHANGELOG.md').split(new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\].*$`, 'm'))
  const own = section.split(/^## /m)[0]!
  const kept = `test/ledger/store/released/${migrations.length}.json.gz`
  return [
    say('commit', git('status', '--porcelain') === '', 'nothing is changed or forgotten'),
    say('version', git('tag', '--list', `v${version}`) === '', `v${version} was not given before`),
    say(
      'changelog',
      ['Am I affected?', 'What to do'].every((words) => own.includes(words)),
      `says so of ${version}`,
    ),
    say('schema', existsSync(join(ROOT, kept)), `a ledger of schema ${migrations.length} is kept in ${kept}`),
  ]
}

/** What no release goes without, though it takes longer than a quick form may. */
function more(): boolean[] {
  return [
    proof('shipping', ['installed']),
    proof('console', ['pages', 'credits', 'commission', 'axe', 'crowd', 'attacks']),
  ]
}

/** Every item has to hold. */
function proof(name: string, only: readonly string[] = []): boolean {
  const startMs = performance.now()
  const args = ['test/prove/main.ts', name, '--quick', '--json', ...(only.length > 0 ? ['--only', ...only] : [])]
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: WITHIN_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const items = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { item: string; figure: string; ok: boolean; notes: string[] })
  const short = items.filter(({ ok }) => !ok).map(({ item, figure }) => `${item}: ${figure}`)
  const tookS = Math.round((performance.now() - startMs) / 1000)
  const done =
    status === null ? `stopped, only ${items.map(({ item }) => item).join(', ')} ended` : `${items.length} items`
  const text = `${short.length > 0 ? short.join('; ') : done}, in ${tookS} s`
  const holds = say(['prove', name, ...only].join(' '), status === 0 && items.length > 0, text)
  for (const { item, notes } of items.filter(({ ok }) => !ok))
    for (const note of notes.slice(0, MOST_NOTES)) process.stdout.write(`      ${item}: ${note.slice(0, 300)}\n`)
  return holds
}

function say(what: string, holds: boolean, text: string): boolean {
  process.stdout.write(`${holds ? 'ok   ' : 'short'} ${what}: ${text}\n`)
  return holds
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

function git(...args: string[]): string {
  return spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' }).stdout.trim()
}
