/** The gateway is killed while its machines stand in every state of an unlock; see support/kill-states.ts. */

import { startPlant } from '../../support/gateway-plant.ts'
import { killAt, killPlant, type Moment, moments } from '../../support/kill-states.ts'
import type { Item } from '../item.ts'

/** Machines a kill finds in a state of their own. */
const STATES = 4

export const states: Item = {
  name: 'states',
  fullOnly: true,
  async run({ quick, scope, say }) {
    const kills = quick ? 1 : 60
    const plant = await startPlant(scope, { site: 'states', ...killPlant })
    const notes: string[] = []
    const ends = new Map<string, number>()
    for (let kill = 0; kill < kills; kill += 1) {
      const moment: Moment = moments[kill % moments.length]!
      const { told, faults } = await killAt(plant, moment)
      notes.push(...faults)
      for (const each of told) ends.set(each, (ends.get(each) ?? 0) + 1)
      say(`killed when ${moment}: ${[...told, ...faults].join('; ')}`)
    }
    return {
      figure: `${kills} kills, ${kills * STATES} machines in ${moments.length + STATES - 1} states: ${notes.length} wrong; ${ends.size} ways to end`,
      aim: 'taken up or lapsed; one session; units exact',
      ok: notes.length === 0,
      notes,
    }
  },
}
