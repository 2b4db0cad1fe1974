/** What a module shows of its watchdog beside the output: a time that only people know, an arming, an up time. */
import { describe, expect, it } from 'vitest'
import type { OutputInterlock } from '../../../gateway/core/ground/config.ts'
import {
  enableWords,
  partsOf,
  renewWords,
  revokeWords,
  see,
  targetOf,
} from '../../../gateway/core/interlock/interlock.ts'
import { decodeOutput, outputParts } from '../../../gateway/core/interlock/output.ts'
import type { Reading } from '../../../gateway/core/reading/reading.ts'
import { outputConfig } from '../../support/world.ts'

type Watchdog = NonNullable<OutputInterlock['watchdog']>
const module = (watchdog: Partial<Watchdog>, over: Partial<OutputInterlock> = {}) =>
  outputConfig({ watchdog: { unitMs: 1, settings: [], ...watchdog }, ...over }).interlock as OutputInterlock
const armed = { address: {}, equals: 1, expired: 2, arm: 'write 1 to 0x1003', clear: 'write 1 to 0x1007' }
const decoded = (config: OutputInterlock, values: Readonly<Record<string, number>>, known: readonly number[] = []) =>
  decodeOutput(config, (part) => values[part] ?? 0, { atMs: 1_000_000, known })

describe('a watchdog', () => {
  it('whose time cannot be read has the one that somebody stated, and is judged by that', () => {
    const config = module({ statedMs: 4500 })
    expect(outputParts(config).map(({ part }) => part)).not.toContain('watchdog')
    expect(decoded(config, {})).toMatchObject({ watchdogMs: 4500, unsafe: undefined })
    expect(decoded(module({ statedMs: 9000 }), {}).unsafe).toContain('the watchdog of the module is 9000 ms')
  })

  it.each([
    [1, undefined],
    [0, 'the watchdog of the module is not armed; write 1 to 0x1003'],
    [2, 'the watchdog of the module has run out; write 1 to 0x1007'],
  ])('that has to be armed, and shows %i, lets nobody in until it is: %s', (shown, why) => {
    const config = module({ statedMs: 4500, armed })
    expect(outputParts(config).map(({ part }) => part)).toContain('armed')
    expect(decoded(config, { armed: shown }).unsafe).toBe(why)
  })

  it('that has run out says so where its module refuses all else', () => {
    const config = module({ statedMs: 4500, armed })
    const readings = new Map(
      partsOf(config).map(({ point }): [string, Reading] => [
        point,
        point.endsWith('.armed')
          ? { point, quality: 'good', value: 2, readAtMs: 1, readAtNs: 1n }
          : { point, quality: 'bad', cause: 'refused', detail: 'exception 4', readAtMs: 1, readAtNs: 1n },
      ]),
    )
    expect(see(config, readings)).toMatchObject({
      bad: { cause: 'refused', detail: 'the watchdog of the module has run out; write 1 to 0x1007' },
    })
    readings.set('#interlock.armed', { ...readings.get('#interlock.armed')!, value: 1 })
    expect(see(config, readings)).toMatchObject({ bad: { detail: 'exception 4' } })
  })
})

it('an output that takes a time is written the lease, again with each heartbeat, and is turned off elsewhere', () => {
  const config = module({}, { timeUnitMs: 100, output: 'flash', off: 'plain', leaseMs: 5000 })
  const claim = { token: 1, tag: 1, plcBootId: 0, seq: 1, challenge: 0 }
  const block = { ...claim, heartbeat: 1, command: 'enable' } as const
  expect(decoded(config, {})).toMatchObject({ watchdogMs: 5000, unsafe: undefined })
  expect([enableWords(config, claim), renewWords(config, block), revokeWords(config, block)]).toEqual([[50], [50], [0]])
  expect([targetOf(config, [50]), targetOf(config, [0])]).toEqual(['flash', 'plain'])
  expect(targetOf(module({ statedMs: 4000 }, { output: 'plain' }), [0])).toBe('plain')
})

describe('a module that shows its up time', () => {
  const config = module({ statedMs: 4500 }, { upTime: {} })

  it('is dated by it, and stays the same however its clock and ours differ by a few seconds', () => {
    const { bootId } = decoded(config, { up: 100 })
    expect(bootId).toBe(900)
    for (const up of [96, 100, 104]) expect(decoded(config, { up }, [bootId]).bootId).toBe(bootId)
  })

  it('is another after a restart, also one that the gateway did not see', () => {
    expect(decoded(config, { up: 3 }, [900]).bootId).toBe(997)
    expect(decoded(config, { up: 90 }, [900]).bootId).toBe(910)
  })
})
