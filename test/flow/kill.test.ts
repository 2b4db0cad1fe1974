/** kill -9 in every state of the protocol: what comes after is the truth, and one session. */
import { expect, test } from 'vitest'
import { killAt, killPlant, moments } from '../support/kill-states.ts'
import { fileScope, withPlant } from './plant.ts'

const scope = fileScope('kill')
const plantOf = withPlant(scope, { site: 'kill', ...killPlant })

test.each(moments)(
  'killed when one is %s, and others are confirmed, suspended and finishing: each is taken up or lapses, and no unit is lost',
  { timeout: 120_000 },
  async (moment) => {
    const { faults } = await killAt(plantOf(), moment)
    expect(faults).toEqual([])
  },
)
