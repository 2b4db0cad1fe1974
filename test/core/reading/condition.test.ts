import { describe, expect, it } from 'vitest'
import type { StateRuleConfig } from '../../../gateway/core/ground/config.ts'
import {
  type Condition,
  maxAgeMs,
  oldestRequired,
  readCondition,
  requiredPoints,
  staleness,
} from '../../../gateway/core/reading/condition.ts'
import type { Reading, Value } from '../../../gateway/core/reading/reading.ts'
import { MACHINE, machineConfig } from '../../support/world.ts'

const NOW = { ms: 1_000_000, ns: 1_000_000_000_000n }
const before: Condition = { itemState: 'NotExecuting', mode: 'None', fault: false, emergencyStop: false }
const id = (name: string) => `${MACHINE}/plc.${name}`

function reading(
  point: string,
  value: Value | undefined,
  over: { ageMs?: number; quality?: Reading['quality'] } = {},
): Reading {
  const ageMs = over.ageMs ?? 100
  return {
    point,
    quality: over.quality ?? 'good',
    ...(value === undefined ? {} : { value }),
    readAtMs: NOW.ms - ageMs,
    readAtNs: NOW.ns - BigInt(ageMs) * 1_000_000n,
  }
}

const stateOf = (state: StateRuleConfig, readings: readonly Reading[], was = before) =>
  readCondition({ ...machineConfig, state }, new Map(readings.map((item) => [item.point, item])), was, NOW).itemState

describe('a value map', () => {
  const rule: StateRuleConfig = {
    kind: 'map',
    signal: id('state'),
    states: { 0: 'NotAvailable', 2: 'NotExecuting', 3: 'Executing' },
  }
  it.each([
    ['a mapped value', reading(id('state'), 3), 'Executing'],
    ['a mapped 64-bit value', reading(id('state'), 3n), 'Executing'],
    ['a value nobody mapped', reading(id('state'), 9), 'Unknown'],
    ['an uncertain value', reading(id('state'), 3, { quality: 'uncertain' }), 'Unknown'],
    ['a bad value', reading(id('state'), undefined, { quality: 'bad' }), 'Unknown'],
    ['an old value', reading(id('state'), 3, { ageMs: 3001 }), 'Unknown'],
  ] satisfies [string, Reading, string][])('%s', (_name, item, expected) => {
    expect(stateOf(rule, [item])).toBe(expected)
  })
  it('without any reading is no state', () => expect(stateOf(rule, [])).toBe('Unknown'))
})

describe('a boolean priority', () => {
  const rule: StateRuleConfig = {
    kind: 'priority',
    rules: [
      { when: id('alarm'), state: 'OutOfService' },
      { when: id('running'), state: 'Executing' },
    ],
    else: 'NotExecuting',
  }
  it.each([
    ['the first true one wins', true, true, 'OutOfService'],
    ['then the next', false, true, 'Executing'],
    ['then the rest', false, false, 'NotExecuting'],
    ['an earlier one that is missing hides the later ones', undefined, true, 'Unknown'],
    ['a later one that is missing does not matter once one is true', true, undefined, 'OutOfService'],
  ] satisfies [string, boolean | undefined, boolean | undefined, string][])('%s', (_name, alarm, running, expected) => {
    expect(stateOf(rule, [reading(id('alarm'), alarm), reading(id('running'), running)])).toBe(expected)
  })
  it('takes no number for a boolean', () =>
    expect(stateOf(rule, [reading(id('alarm'), 1), reading(id('running'), true)])).toBe('Unknown'))
})

describe('a threshold', () => {
  const rule: StateRuleConfig = {
    kind: 'threshold',
    signal: id('powerW'),
    above: 500,
    below: 300,
    on: 'Executing',
    off: 'NotExecuting',
  }
  const executing: Condition = { ...before, itemState: 'Executing' }
  it.each([
    [499, before, 'NotExecuting'],
    [500, before, 'Executing'],
    [400, executing, 'Executing'],
    [300, executing, 'Executing'],
    [299, executing, 'NotExecuting'],
    [400, before, 'NotExecuting'],
  ] satisfies [number, Condition, string][])('%i W', (powerW, was, expected) => {
    expect(stateOf(rule, [reading(id('powerW'), powerW)], was)).toBe(expected)
  })
  it('takes no text for a number', () => expect(stateOf(rule, [reading(id('powerW'), 'high')])).toBe('Unknown'))
})

describe('state machines inside one another', () => {
  const levels = [
    { signal: id('outer'), states: { 'nsu=urn:x;i=9': 'OutOfService', 'nsu=urn:x;i=19': 'inner' } },
    { signal: id('inner'), states: { 2: 'NotExecuting', 18: 'inner' } },
    { signal: id('innermost'), states: { 6: 'Executing' } },
  ] as const
  const rule: StateRuleConfig = { kind: 'nested', levels }
  const all = (outer: Value | undefined, inner?: Value, innermost?: Value) => [
    reading(id('outer'), outer),
    reading(id('inner'), inner, inner === undefined ? { quality: 'bad' } : {}),
    reading(id('innermost'), innermost, innermost === undefined ? { quality: 'bad' } : {}),
  ]
  it.each([
    ['the outermost decides alone', all('nsu=urn:x;i=9', 18, 6), 'OutOfService'],
    ['or leaves it to the next', all('nsu=urn:x;i=19', 2), 'NotExecuting'],
    ['that to its own', all('nsu=urn:x;i=19', 18, 6), 'Executing'],
    ['an inner one that is missing is missed', all('nsu=urn:x;i=19'), 'Unknown'],
    ['a value nobody mapped is none', all('nsu=urn:x;i=8', 2, 6), 'Unknown'],
    ['and so on the inside', all('nsu=urn:x;i=19', 18, 7), 'Unknown'],
  ] satisfies [string, Reading[], string][])('%s', (_name, readings, expected) => {
    expect(stateOf(rule, readings)).toBe(expected)
  })

  it('need no reading of those inside one that decides', () => {
    const config = { ...machineConfig, state: rule }
    const others = requiredPoints(machineConfig).map((point) => reading(point, 1))
    const stale = (readings: Reading[]) =>
      staleness(config, new Map([...others, ...readings].map((item) => [item.point, item])), NOW)
    expect(stale(all('nsu=urn:x;i=9'))).toBeUndefined()
    expect(stale(all('nsu=urn:x;i=19', 2))).toBeUndefined()
    expect(stale(all('nsu=urn:x;i=19'))).toMatchObject({ signal: 'plc.inner' })
  })
})

describe('staleness', () => {
  const all = () => requiredPoints(machineConfig).map((point) => reading(point, 1))
  const of = (items: readonly Reading[]) =>
    staleness(machineConfig, new Map(items.map((item) => [item.point, item])), NOW)

  it('needs the state, the stop, the interlock and the gating meters', () => {
    expect([...requiredPoints(machineConfig)].sort()).toEqual(['#interlock', id('parts'), id('state'), id('stop')])
  })
  it('is none when all are fresh', () => expect(of(all())).toBeUndefined())
  it.each([
    ['one never read', (items: Reading[]) => items.slice(1), 'never-read'],
    [
      'one bad',
      (items: Reading[]) => [{ ...items[0]!, quality: 'bad' as const, cause: 'timeout' as const }, ...items.slice(1)],
      'timeout',
    ],
    ['one old', (items: Reading[]) => [reading(items[0]!.point, 1, { ageMs: 3001 }), ...items.slice(1)], 'stale'],
  ])('%s', (_name, spoil, cause) => expect(of(spoil(all()))).toMatchObject({ cause }))
  it('allows three intervals, and never less than 3 s', () => {
    expect(maxAgeMs(500)).toBe(3000)
    expect(maxAgeMs(60_000)).toBe(180_000)
  })
  it('names the reading that will be stale first', () => {
    const items = all().map((item, index) => (index === 1 ? reading(item.point, 1, { ageMs: 2000 }) : item))
    expect(oldestRequired(machineConfig, new Map(items.map((item) => [item.point, item]))).reading?.point).toBe(
      items[1]!.point,
    )
  })
})
