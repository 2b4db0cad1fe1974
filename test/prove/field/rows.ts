/**
 * Every fault that the field found has a test that holds what is right now, or is left to a later issue by its name:
 * the table of test/field/README.md is whole, and in the full form all that it names is run and passes. Read next:
 * test/field/rows.ts.
 */
import { readIds, readRows, tableFaults } from '../../field/rows.ts'
import type { Item } from '../item.ts'
import { countOf, runTests, unheld } from './named-tests.ts'

export const rows: Item = {
  name: 'rows',
  async run(run) {
    const ids = readIds()
    const table = readRows()
    const titles = run.quick ? undefined : await runTests(run, table)
    const notHeld = titles === undefined ? [] : table.flatMap((row) => unheld(row.id, row, titles))
    const notes = [...tableFaults(ids, table), ...notHeld]
    const open = new Set(notes.map((note) => note.split(':')[0]))
    const left = new Set(table.flatMap((row) => (row.left === undefined ? [] : [row.id])))
    const held = ids.filter((id) => !left.has(id) && !open.has(id))
    const how = titles === undefined ? 'named, not run' : `${countOf(titles)} tests run`
    return {
      figure: `${ids.length} rows: ${held.length} held, ${left.size} left by name, ${open.size} open; ${how}`,
      aim: 'each of them held, or left by name',
      ok: notes.length === 0 && ids.length > 0,
      notes,
    }
  },
}
