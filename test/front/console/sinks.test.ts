/** What the bench says of entries that a sink has set aside, and what it asks for. */
import { describe, expect, it, test } from 'vitest'
import { entryKinds } from '../../../gateway/core/ground/entry.ts'
import { actsOn, askedOf, kindIn, notDoneBy } from '../../../gateway/front/console/model/sinks.ts'
import { createWords } from '../../../gateway/front/console/words/words.ts'

describe('an entry that was set aside', () => {
  it('is mended only where its lines are known', () => {
    expect(actsOn({})).toEqual(['release', 'drop'])
    expect(actsOn({ lines: 'm a=1 1' })).toEqual(['release', 'mend', 'drop'])
  })

  test.each([
    ['release', 'm a=2', { what: 'release' }],
    ['drop', 'm a=2', { what: 'drop' }],
    ['mend', ' m a=2 \n', { what: 'mend', lines: 'm a=2' }],
    ['mend', 'm a=1\n', undefined],
    ['mend', '  ', undefined],
  ] as const)('%s with lines %j asks for %j', (act, lines, asked) => {
    expect(askedOf(act, lines, 'm a=1')).toEqual(asked)
  })

  test.each([
    [{ done: true }, undefined],
    [{ done: false, note: 'of another type' }, 'of another type'],
    [{ done: false }, ''],
  ])('after %j is still there because of %j', (answer, why) => {
    expect(notDoneBy(answer)).toBe(why)
  })

  test.each(['en', 'zh'] as const)('is named without the data of the entry, in %s', (lang) => {
    const words = createWords(lang, 'UTC')
    expect(kindIn('MeterSampled', words)).toBe(words.t('event.MeterSampled'))
    expect(kindIn('NewerThanThisPage', words)).toBe('NewerThanThisPage')
    expect(entryKinds.map((kind) => kindIn(kind, words)).filter((text) => text.includes('{'))).toEqual([])
  })
})
