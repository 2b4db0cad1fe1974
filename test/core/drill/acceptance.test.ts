/** What of a display and a reading agrees, and when a machine is accepted. */
import { describe, expect, it } from 'vitest'
import {
  type AcceptanceFacts,
  compareReading,
  factorBetween,
  judgeAcceptance,
} from '../../../gateway/core/drill/acceptance.ts'

const signal = 'booth-1/energy.import'

describe('a display beside a reading', () => {
  it.each([
    ['the same', '1234.5', undefined, 1234.5, 'kWh', true, true],
    ['cut off in its last digit', '1234.5', undefined, 1234.59, 'kWh', true, true],
    ['a last digit and more apart', '1234.5', undefined, 1234.7, 'kWh', true, false],
    ['in another prefix', '1234.5', 'kWh', 1_234_560, 'Wh', true, true],
    ['in another prefix, and apart', '1234.5', 'kWh', 1_234_700, 'Wh', true, false],
    ['the same number in another prefix', '1234', 'kWh', 1234, 'Wh', true, false],
    ['in a unit that is another quantity', '12', 'kWh', 12, 'kW', true, false],
    ['a counter of ten times as much', '123', undefined, 1230, 'kWh', true, false],
    ['a power that has moved on', '5.00', undefined, 5.09, 'kW', false, true],
    ['a power that is another', '5.00', undefined, 5.2, 'kW', false, false],
    ['a counter that has moved on like a power', '5000', undefined, 5090, 'kWh', true, false],
    ['a counter beyond 2^53, as text', '9007199254740993', undefined, '9007199254740993', 'Wh', true, true],
  ])('%s', (_, shown, unit, value, reportedIn, counts, agrees) => {
    const given = { signal, shown, ...(unit === undefined ? {} : { unit }) }
    const compared = compareReading(given, { value, unit: reportedIn }, counts)
    expect(compared.agrees).toBe(agrees)
    expect(compared.why === undefined).toBe(agrees)
  })

  it('without a value does not agree, and says the cause', () => {
    expect(compareReading({ signal, shown: '1' }, { cause: 'link-down' }, true)).toMatchObject({
      agrees: false,
      why: 'link-down',
    })
  })

  it.each([
    ['kWh', 'Wh', 1000],
    ['MWh', 'kWh', 1000],
    ['mA', 'A', 0.001],
    ['m', 'km', undefined],
    ['min', 'in', undefined],
    ['m³', 'm³', 1],
  ])('one %s is so many %s', (from, to, factor) => {
    expect(factorBetween(from, to)).toBe(factor)
  })
})

describe('a machine is accepted', () => {
  const agreed = { signal, shown: '1', reported: '1', agrees: true }
  const facts: AcceptanceFacts = {
    ...{ label: 'AB12', configurationId: 'c', software: '0', devices: [], says: [] },
    lock: { drill: 'commissioned' },
    readings: [agreed],
    counted: [signal],
  }
  it.each<[string, Partial<AcceptanceFacts>, boolean]>([
    ['when all of it holds', {}, true],
    ['without a lock', { lock: { drill: 'no-lock' } }, true],
    ['not while its drill is missing', { lock: { drill: 'never' } }, false],
    ['not while its drill is too old', { lock: { drill: 'expired' } }, false],
    ['not while a counter was not compared', { readings: [] }, false],
    ['not while a reading differs', { readings: [agreed, { ...agreed, agrees: false }] }, false],
  ])('%s', (_, change, accepted) => {
    expect(judgeAcceptance({ ...facts, ...change }).accepted).toBe(accepted)
  })
})
