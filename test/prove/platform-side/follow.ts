/**
 * Somebody who has only `/openapi.json` and `/asyncapi.json` follows a whole use and agrees with its receipt; what the
 * descriptions ask of each message holds.
 */
import { startPlant } from '../../support/gateway-plant.ts'
import { startMosquitto } from '../../support/mosquitto.ts'
import { runProcess } from '../../support/process.ts'
import { createChecks, type Item } from '../item.ts'

const STRANGER = new URL('follow/stranger.ts', import.meta.url).pathname
const SITE = 'follow'
const MACHINE = 'booth-1'

type Answer = {
  readonly told?: string
  readonly signed?: string
  readonly use: readonly { readonly meter: string; readonly quantity: string }[]
  readonly seen: Readonly<Record<string, number>>
  readonly faults: readonly string[]
}

export const follow: Item = {
  name: 'follow',
  async run({ scope, say, quick }) {
    const checks = createChecks(say)
    const broker = await startMosquitto()
    scope.defer(() => broker.remove())
    const plant = await startPlant(scope, {
      site: SITE,
      machines: { 'spray-booth': 1 },
      cycleMs: 400,
      autoStart: true,
      mqtt: { url: broker.url, version: 5 },
    })
    const env = {
      ...{ GATEWAY: plant.api.url, TOKEN: await plant.platform.serviceToken(), BROKER: broker.url, SITE, MACHINE },
      WORK_MS: quick ? '5000' : '60000',
    }
    const { told, signed, use, seen, faults } = JSON.parse(
      await runProcess(process.execPath, [STRANGER], { env }),
    ) as Answer
    const { simulator, unitMeter } = plant.machine(MACHINE)
    const { producedUnits } = await simulator.judge()
    const units = use.find(({ meter }) => meter === unitMeter)?.quantity
    checks.check('every message is as it is described', faults.length === 0, faults.slice(0, 10))
    checks.check('what was told is what was signed', told !== undefined && told === signed, { told, signed })
    checks.check('and what the machine made', producedUnits > 0 && units === String(producedUnits), {
      use,
      producedUnits,
    })
    // A checkpoint may come up to a minute after the start, once the broker was asked for the one it holds.
    for (const name of ['status', 'about', 'availability', 'meter', 'event', 'signals'])
      checks.check(`a ${name} came`, (seen[name] ?? 0) > 0, seen)
    const messages = Object.values(seen).reduce((sum, count) => sum + count, 0)
    return checks.verdict(`${messages} messages, ${units} units`)
  },
}
