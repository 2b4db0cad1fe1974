/**
 * `node test/field/before.ts [--json]`: the same inputs to the tree as it was before the field was worked on and to
 * this one, as processes: what each did. Ends with 1 when one does not show the difference. The old tree comes out of
 * the history, into a folder that is removed; its layout is another, so that the tests of today do not run in it. Read
 * next: before/probe.ts.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Seen } from './before/probe.ts'

/** The last commit before the layout changed and the field was worked on. */
const COMMIT = 'b1f54c7'
const root = new URL('../..', import.meta.url).pathname
/** What the probes need of this tree: themselves, and devices that know no code of the product. */
const BROUGHT = ['test/field/before', 'test/support/modbus-server.ts']

const isJson = process.argv.includes('--json')
const old = mkdtempSync(join(tmpdir(), 'latchkey-before-'))
process.on('exit', () => rmSync(old, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

unpack()
const before = await probesIn(old)
const now = await probesIn(root)
const rows = now.map((one) => {
  const then = before.find(({ row, input }) => row === one.row && input === one.input)
  const shows = one.right && then !== undefined && !then.right
  return { row: one.row, input: one.input, before: then?.saw ?? 'was not tried', now: one.saw, shows }
})
for (const { row, input, shows, ...saw } of rows)
  console.log(
    isJson
      ? JSON.stringify({ row, input, ...saw, shows })
      : `${shows ? 'ok   ' : 'short'} ${row.padEnd(18)} ${input}\n        before: ${saw.before}\n        now:    ${saw.now}`,
  )
process.exit(rows.length > 0 && rows.every(({ shows }) => shows) ? 0 : 1)

function unpack(): void {
  const archive = join(old, 'tree.tar')
  execFileSync('git', ['archive', '--format=tar', '-o', archive, COMMIT], { cwd: root })
  execFileSync('tar', ['-xf', archive, '-C', old])
  rmSync(archive)
  symlinkSync(join(root, 'node_modules'), join(old, 'node_modules'))
  mkdirSync(join(old, 'test', 'field'))
  for (const path of BROUGHT) cpSync(join(root, path), join(old, path), { recursive: true })
}

async function probesIn(tree: string): Promise<Seen[]> {
  process.stderr.write(`probes in ${tree === root ? 'this tree' : `the tree of ${COMMIT}`}\n`)
  const run = spawn(process.execPath, ['test/field/before/run.ts'], { cwd: tree, stdio: ['ignore', 'pipe', 'pipe'] })
  process.once('exit', () => run.kill())
  const said = text(run.stderr)
  const [lines, [code]] = await Promise.all([text(run.stdout), once(run, 'close')])
  if (code !== 0) throw new Error(`the probes in ${tree} ended with ${code}: ${(await said).slice(-1000)}`)
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Seen)
}
