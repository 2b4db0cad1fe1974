/** A real gateway whose clock is wrong for a while: at boot and while it runs, ahead and behind; what a person sees. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileScope } from '../flow/plant.ts'
import { startLatchkey } from '../support/gateway.ts'
import { startPlant } from '../support/gateway-plant.ts'
import { until } from '../support/process.ts'
import { found } from '../support/proof.ts'

const scope = fileScope('clock')
const HOUR = 3_600_000
const skew = join(scope.folder, 'skew')
const setClock = (offMs: number) => writeFileSync(skew, String(offMs))

const wrap = [
  'env',
  `LATCHKEY_SKEW=${skew}`,
  `NODE_OPTIONS=--import=${new URL('skewed-clock.ts', import.meta.url).href}`,
]

async function latchkeyClock(...args: string[]) {
  const command = startLatchkey(['clock', ...args], { wrap })
  const { code } = await command.exited
  return { code, output: command.output() }
}

test('a clock that is wrong for some seconds harms nothing once it is right, and says what it shows', async () => {
  setClock(0)
  const { api, gateway, machine } = await startPlant(scope, {
    site: 'clock',
    machines: { 'spray-booth': 1 },
    cycleMs: 300,
    wrap,
  })
  const { token } = machine('booth-1')
  const health = async () =>
    (await (await fetch(`${api.url}/health/ready`)).json()) as { clock: string; notes: string[] }
  const untilClock = (state: string) =>
    until(async () => (await health()).clock === state, 15_000, `the clock is never ${state}`)
  const works = async () => {
    const { id } = await found(
      async () => {
        const { status, body } = await api.unlock('booth-1', await token())
        return status === 200 ? body : undefined
      },
      20_000,
      'the unlock is refused',
    )
    await api.ended(id)
  }
  await works()

  setClock(2 * HOUR)
  await untilClock('informative')
  expect((await health()).notes.join()).toMatch(/by what is known it is/)
  setClock(0)
  await untilClock('synchronised')
  await works()

  await gateway.stop()
  setClock(8 * HOUR)
  await gateway.start()
  await untilClock('informative')
  setClock(0)
  await untilClock('synchronised')
  await works()

  setClock(-30 * 24 * HOUR)
  await untilClock('relative')
  expect((await health()).notes.join()).toMatch(/the clock shows .*no new unlock.*latchkey clock/)
  expect(gateway.output()).toMatch(/the clock shows .*no new unlock/)
  expect(await latchkeyClock(gateway.sitePath)).toMatchObject({ code: 1, output: expect.stringContaining('relative') })
  setClock(0)
  await untilClock('synchronised')
  await works()
}, 300_000)
