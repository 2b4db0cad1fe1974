import { describe, expect, it } from 'vitest'
import { joinTariffs } from '../../../gateway/control/host/tariffs.ts'
import { tariffJson } from '../../../gateway/core/billing/tariff.ts'
import { random } from '../../ledger/verify/shop/random.ts'
import { anyTariff, chooseBy } from '../../simulate/money/any-tariff.ts'

const tariff = { ...anyTariff(chooseBy(random(1)), 'spray'), version: 1 }
const published = JSON.parse(JSON.stringify(tariffJson(tariff)))

describe('the tariffs of a site', () => {
  it('a new version is published once', () => {
    expect(joinTariffs([], [tariff]).toPublish).toEqual([tariff])
    expect(joinTariffs([published], [tariff]).toPublish).toEqual([])
  })

  it('a version that left the site file is still known', () => {
    expect([...joinTariffs([published], []).known.keys()]).toEqual(['spray@1'])
  })

  it('other content under a published version stops the start, and says what to do', () => {
    expect(() => joinTariffs([published], [{ ...tariff, approvedBy: 'somebody' }])).toThrow(/under the next version/)
    expect(joinTariffs([published], [{ ...tariff, version: 2, approvedBy: 'somebody' }]).toPublish).toHaveLength(1)
  })
})
