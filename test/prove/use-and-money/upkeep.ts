/** Services over exchanges of a meter and cuts of the power, in generated lives. Read next: test/simulate/upkeep.ts. */
import { runUpkeep } from '../../simulate/upkeep.ts'
import type { Item } from '../item.ts'

export const upkeep: Item = {
  name: 'upkeep',
  async run({ quick }) {
    const lives = quick ? 500 : 10_000
    const { due, overdue, exchanges, cuts, readings, wrong } = runUpkeep(lives)
    return {
      figure: `${lives} lives, ${readings} readings, ${due} services (${overdue} overdue), ${exchanges} exchanges, ${cuts} cuts: ${wrong.length} wrong`,
      aim: 'due at the very unit',
      ok: wrong.length === 0 && Math.min(due, overdue, exchanges, cuts) > 0,
      notes: wrong,
    }
  },
}
