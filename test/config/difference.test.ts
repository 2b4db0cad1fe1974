/** What differs between two configurations, in words. */
import { expect, test } from 'vitest'
import { differences } from '../../config/difference.ts'
import { changedWords } from '../../gateway/core/ground/changed.ts'

const site = { machines: { saw: { name: { en: 'Saw' }, owner: 'lin' } }, mqtt: { url: 'mqtt://a', password: 'one' } }
const profiles = { meter: { signals: { energy: { address: 1 } } } }
const words = (after: object, others: Readonly<Record<string, object>> = profiles) =>
  differences({ site, profiles }, { site: after, profiles: others }).map(changedWords)

test('nothing differs from itself', () => {
  expect(words(structuredClone(site))).toEqual([])
})

test('a value is named by its keys, with what it was and what it is', () => {
  expect(words({ ...site, machines: { saw: { name: { en: 'Big saw' }, owner: 'lin' } } })).toEqual([
    'machines.saw.name.en: Saw → Big saw',
  ])
  expect(words(site, { meter: { signals: { energy: { address: 2 } } } })).toEqual([
    'profiles.meter.signals.energy.address: 1 → 2',
  ])
})

test('what came and what went is said as such', () => {
  expect(words({ ...site, machines: { press: { owner: 'lin' } } })).toEqual([
    'machine press is new',
    'machine saw is gone',
  ])
})

test('a secret that changed is said to have changed, and never shown', () => {
  const after = { ...site, mqtt: { url: 'mqtt://a', password: 'two' } }
  expect(words(after)).toEqual(['mqtt.password: changed (***)'])
  const all = JSON.stringify(differences({ site: {}, profiles }, { site, profiles }))
  expect(all).not.toMatch(/one|two/)
})

test('what is long is cut', () => {
  expect(words({ ...site, timezone: 'x'.repeat(1000) })[0]!.length).toBeLessThan(200)
})
