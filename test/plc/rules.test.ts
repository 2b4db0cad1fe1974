/** The rules table, asked of the simulator's rules and of the reference program, whose text is executed. */
import { describe, expect, test } from 'vitest'
import { permissionOf } from '../../simulators/machine/lease-state.ts'
import { executedProgram, simulatedRules } from './plc-under-test.ts'
import { ask, rules } from './rules.ts'

describe.each([
  ['the simulator', () => simulatedRules(permissionOf)],
  ['the reference program', () => executedProgram()],
  ['the reference program, over the wrap of its clock', () => executedProgram(2 ** 32 - 4000)],
])('%s', (_name, make) => {
  test.each(rules.map((rule) => [rule.rule, rule] as const))('%s', async (_rule, rule) => {
    expect(await ask(make(), rule)).toEqual([])
  })
})

describe('a program without its rule breaks the row of that rule', () => {
  test.each([
    ['IF ToPlc[0] = ToPlc[15] THEN', 'IF TRUE THEN', 'a torn block is ignored'],
    ['IF Elapsed >= LeaseMs THEN', 'IF FALSE THEN', 'without a heartbeat it lapses'],
    ['(Ahead >= 1) AND (Ahead <= 32767)', '(Ahead <= 65535)', 'an old sequence is ignored'],
    ['ELSIF Token <= HighestToken THEN', 'ELSIF FALSE THEN', 'a token that is not above the highest is refused'],
    ['(ToPlc[8] <> PreviousChallenge)', 'FALSE', 'an enable that comes two changes late is refused'],
    ['IF (ToPlc[9] <> OwnerBlock[9]) AND NOT Ended', 'IF NOT Ended', 'a heartbeat that stands still renews nothing'],
    ['ELSIF Owned AND NOT IsOwner THEN', 'ELSIF FALSE THEN', 'a stranger’s enable is refused: busy'],
    ['IF EmergencyStopped OR GuardOpen', 'IF GuardOpen', 'a heartbeat after an emergency stop renews nothing'],
    ['MIN(UINT_TO_UDINT(ToPlc[5]), MAX_LEASE_MS)', 'UINT_TO_UDINT(ToPlc[5])', 'a lease is bounded at 10 s'],
    ['BootId := BootId + 1', 'BootId := BootId', 'the highest token outlives the power, the lease does not'],
  ])('%s → %s', async (rule, without, row) => {
    const asked = rules.find((each) => each.rule === row)!
    expect(
      await ask(
        executedProgram(1_000_000, (text) => text.replace(rule, without)),
        asked,
      ),
    ).not.toEqual([])
  })
})
