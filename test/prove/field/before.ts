/**
 * The same inputs to the tree as it was before the field was worked on and to this one, as processes: what was wrong
 * then is right now. Read next: test/field/before.ts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Item } from '../item.ts'

const root = new URL('../../..', import.meta.url).pathname
const LEAST_ROWS = 20

type Shown = {
  readonly row: string
  readonly input: string
  readonly before: string
  readonly now: string
  readonly shows: boolean
}

export const before: Item = {
  name: 'before',
  fullOnly: true,
  async run({ scope, say }) {
    const run = spawn(process.execPath, ['test/field/before.ts', '--json'], { cwd: root })
    scope.defer(() => run.kill())
    const told = text(run.stderr)
    const [output, [code]] = await Promise.all([text(run.stdout), once(run, 'close')])
    if (code !== 0 && code !== 1) throw new Error(`ended with ${code}: ${(await told).slice(-500)}`)
    const shown = output
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Shown)
    for (const { row, input, before, now } of shown) say(`${row}, ${input}: ${before} → ${now}`)
    const rows = new Set(shown.filter(({ shows }) => shows).map(({ row }) => row))
    const notes = shown.filter(({ shows }) => !shows).map(({ row, before, now }) => `${row}: ${before} → ${now}`)
    return {
      figure: `${rows.size} rows as processes: wrong in the old tree, right in this one; ${notes.length} show nothing`,
      aim: `${LEAST_ROWS} rows, and each shows it`,
      ok: code === 0 && notes.length === 0 && rows.size >= LEAST_ROWS,
      notes: shown.length > 0 ? notes : [(await told).slice(-1000)],
    }
  },
}
