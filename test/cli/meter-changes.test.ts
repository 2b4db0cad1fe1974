/** What a changed site file will do to the meters of a ledger, before it does. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadSite } from '../../config/load.ts'
import { checkCommand } from '../../gateway/cli/check.ts'
import type { RegisterMeterConfig } from '../../gateway/core/ground/config.ts'
import { newMeter } from '../../gateway/core/meter/meter.ts'
import { outlookOf } from '../../gateway/core/meter/outlook.ts'
import { baseDraft } from '../simulate/configuration/base.ts'
import { set, write as writeSite } from '../simulate/configuration/draft.ts'
import { startGateway } from '../simulate/configuration/gateway.ts'
import { createPlant } from '../simulate/configuration/plant.ts'

const meter = ({ unit = 'Wh', perCount = 10 }: { unit?: string; perCount?: number }): RegisterMeterConfig => ({
  ...{ kind: 'register', id: 'saw/main.energy', machine: 'saw', signal: 'saw/main.energy', maxRate: 2n },
  ...{ resets: 'never', gating: false, unit, perCount: BigInt(perCount) },
  definition: JSON.stringify(['register', {}, unit, perCount]),
})
const counted = { ...newMeter(meter({}), 'boot'), atMs: 1, total: 120n }

describe('a meter of the ledger', () => {
  it.each([
    ['that is as it was', [meter({})], [], undefined],
    [
      'of another scale',
      [meter({ perCount: 1 })],
      [],
      /^perCount from 10 to 1: .*new epoch, its total of 120 Wh stays/,
    ],
    ['of another unit', [meter({ unit: 'kWh' })], [], /^unit from Wh to kWh: .*from 0 kWh, and the 120 Wh stay/],
    ['of another unit, in a session', [meter({ unit: 'kWh' })], ['saw'], /the session on its machine is open/],
    ['that is gone', [], [], /^it is not configured: it stays in the ledger with its 120 Wh$/],
  ] as const)('%s', (_name, configs, busy, text) => {
    const found = outlookOf([counted], configs, new Set(busy)).map((each) => each.text)
    expect(found).toEqual(text === undefined ? [] : [expect.stringMatching(text)])
  })

  it('is compared with what it counted before, and a new one is named', () => {
    const known = { ...counted, otherUnits: [{ unit: 'kWh', total: 7n }] }
    expect(outlookOf([known], [meter({ unit: 'kWh' })], new Set())[0]?.text).toContain('from 7 kWh')
    const added = { ...meter({}), id: 'saw/main.second' }
    expect(outlookOf([counted], [meter({}), added], new Set())).toMatchObject([{ meter: added.id, what: 'new' }])
    expect(outlookOf([], [added], new Set())).toEqual([])
  })
})

describe('check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-check-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('reads the ledger beside the gateway that runs, and says what a change will do in words and as JSON', async () => {
    const draft = baseDraft()
    const loaded = loadSite(writeSite(draft, folder), {})
    if (loaded.kind !== 'ok') throw new Error('the site is good')
    const plant = createPlant()
    const gateway = startGateway(loaded.config, { ms: Date.UTC(2026, 2, 2), ns: 1n, boot: 1 }, plant, () => {})
    await gateway.live(3000, plant)
    const said = async (json: boolean) => {
      const path = writeSite(draft, folder)
      let out = ''
      const write = (text: string) => {
        out += text
      }
      await checkCommand(path, { json }, { stdout: { write }, env: {} } as never)
      return out
    }
    expect(await said(false)).not.toContain('meter ')
    set(draft, 'profiles.sim-booth.meters.parts.unit', 'doors')
    expect(await said(false)).toMatch(
      /^meter booth\/plc\.parts: unit from pcs to doors: it counts on in a new epoch from 0 doors/m,
    )
    expect(JSON.parse(await said(true)).meterChanges).toMatchObject([
      { meter: 'booth/plc.parts', what: 'redefined', parts: [{ what: 'unit', from: 'pcs', to: 'doors' }] },
    ])
    gateway.stop('asked')
  })
})
