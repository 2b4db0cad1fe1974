/**
 * SunSpec meters that nobody here has seen: a seed picks where the chain begins, which models stand before and behind
 * that of the meter, which of its models it is, every value, every scale factor and what is not fitted. Each is read by
 * the profile that comes with the gateway, and once more after it was exchanged for another. The registers are laid
 * out here, by a table of its own: github.com/sunspec/models, models 1 and 201 to 204.
 */
import { pointsOf, toCycle } from '../../../gateway/control/loops/points.ts'
import { startChild } from '../../support/child-server.ts'
import type { ModbusAsk } from '../../support/modbus-server.ts'
import { profileMachine } from '../../support/profile-machine.ts'
import { randomBetween } from '../../support/proof.ts'
import type { Item } from '../item.ts'
import { modbusLink, openLink } from './modbus-link.ts'

const PROFILE = 'sunspec-meter'
const BASES = [40_000, 50_000, 0]
const NOT_FITTED = -32_768
const COMMON_LENGTH = 66
const METER_LENGTH = 105

/** Of a value: its place in the model, counted from the first register behind the length; and the scale it has. */
const VALUES = {
  currentL1: [1, 'current'],
  currentL2: [2, 'current'],
  currentL3: [3, 'current'],
  voltageL1: [6, 'voltage'],
  voltageL2: [7, 'voltage'],
  voltageL3: [8, 'voltage'],
  frequency: [14, 'frequency'],
  power: [16, 'power'],
  powerL1: [17, 'power'],
  powerL2: [18, 'power'],
  powerL3: [19, 'power'],
} as const
const SCALES = { current: 4, voltage: 13, frequency: 15, power: 20, energy: 52 } as const
const ENERGIES = { exportEnergy: 36, importEnergy: 44 } as const

type Meter = {
  readonly base: number
  readonly registers: readonly number[]
  /** By the signal; undefined where nothing is fitted. */
  readonly due: ReadonlyMap<string, number | string | undefined>
}

export const sunspec: Item = {
  name: 'sunspec',
  async run({ quick, scope, say }) {
    const seeds = quick ? 20 : 200
    const server = await startChild<ModbusAsk>('modbus-server.ts', 0)
    scope.defer(() => server.kill())
    const wrong: string[] = []
    let values = 0
    for (let seed = 0; seed < seeds; seed++) {
      const unit = 1 + seed
      const machine = profileMachine(PROFILE, unit)
      const points = [...pointsOf(machine).values()].flat()
      const link = modbusLink(scope, { transport: 'tcp', host: '127.0.0.1', port: server.port, timeoutMs: 3000 })
      for (const meter of [meterOf(seed), meterOf(seed)]) {
        await server.ask({
          kind: 'load',
          ranges: [{ unit, table: 'holding', start: meter.base, values: meter.registers }],
        })
        // Another meter is another connection: it was without power.
        await openLink(link)
        const read = new Map(
          toCycle(machine)(await link.read(points)).map(({ point, value, cause }) => [
            point.slice(point.indexOf('.') + 1),
            typeof value === 'number' ? Number(value.toPrecision(12)) : (value ?? cause),
          ]),
        )
        for (const [signal, due] of meter.due) {
          values += 1
          const is = read.get(signal)
          if (due === undefined ? typeof is !== 'number' : is === due) continue
          wrong.push(`seed ${seed}, base ${meter.base}: ${signal} is ${is}, not ${due}`)
        }
      }
      await link.close()
    }
    say(`${seeds} seeds, ${values} values`)
    return {
      figure: `${seeds} seeds, two meters each: ${wrong.length} wrong of ${values} values`,
      aim: '0 wrong',
      ok: wrong.length === 0 && values > 0,
      notes: wrong,
    }
  },
}

/** All of a seed begin at one place, since what was loaded before stays. */
function meterOf(seed: number): Meter {
  const base = BASES[seed % BASES.length]!
  const due = new Map<string, number | string | undefined>()
  const serial = `SN${randomBetween(0, 999_999)}`
  const common = new Array<number>(COMMON_LENGTH).fill(0)
  put(common, 48, textWords(serial))
  const registers = [0x5375, 0x6e53, 1, common.length, ...common, ...others()]
  registers.push(randomBetween(201, 204), METER_LENGTH, ...measured(due), ...others(), 0xffff, 0)
  due.set('serialNumber', serial)
  return { base, registers, due }
}

/** Models that nobody asks for; what they hold looks like anything. */
function others(): number[] {
  return Array.from({ length: randomBetween(0, 4) }, (_, n) => {
    const length = randomBetween(1, 120)
    return [700 + n, length, ...Array.from({ length }, () => randomBetween(0, 65_535))]
  }).flat()
}

function measured(due: Meter['due'] & Map<string, number | string | undefined>): number[] {
  const words = new Array<number>(METER_LENGTH).fill(0x8000)
  const scales = Object.fromEntries(Object.keys(SCALES).map((name) => [name, randomBetween(-4, 3)]))
  for (const [name, at] of Object.entries(SCALES)) put(words, at, [scales[name]! & 0xffff])
  for (const [signal, [at, scale]] of Object.entries(VALUES)) {
    const count = randomBetween(0, 9) === 0 ? NOT_FITTED : randomBetween(-32_767, 32_767)
    put(words, at, [count & 0xffff])
    due.set(signal, count === NOT_FITTED ? undefined : scaled(count, scales[scale]!))
  }
  for (const [signal, at] of Object.entries(ENERGIES)) {
    const count = randomBetween(0, 0xffff_ffff)
    put(words, at, [count >>> 16, count & 0xffff])
    due.set(signal, scaled(count, scales.energy!))
  }
  return words
}

const scaled = (count: number, tenTo: number) => Number(`${count}e${tenTo}`)

function put(words: number[], at: number, what: readonly number[]): void {
  for (const [n, word] of what.entries()) words[at + n] = word
}

function textWords(text: string): number[] {
  const bytes = Buffer.alloc(32)
  bytes.write(text, 'latin1')
  return Array.from({ length: 16 }, (_, n) => bytes.readUInt16BE(2 * n))
}
