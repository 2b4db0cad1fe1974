/**
 * A profile made from signals that somebody found: with `match`, in a maker's table, by browsing. It says what it does
 * not know in the place where a person has to write it, and it passes `latchkey profile check`. Pure.
 * Read next: table/table.ts, check/meter.ts (what a meter has to fulfil).
 */
import { stringify } from 'yaml'
import { countIn, wholeUnit } from './check/unit.ts'

/** A signal of any protocol. */
export type StubSignal = {
  readonly name: string
  readonly title?: string
  readonly address: { readonly type?: string } & Readonly<Record<string, unknown>>
  readonly unit?: string
  readonly scale: number
  readonly offset: number
  readonly isMeter: boolean
  /** The last digit of the display, for a float that counts. */
  readonly step?: number
}

type StubOptions = {
  readonly profile: string
  readonly maker: string
  readonly model: string
  readonly document: string
  readonly page: string
  readonly protocol: string
  /** Most that a meter makes in an hour, by its signal's unit. */
  readonly mostPerHour?: number | undefined
}

/** Where nobody says how fast a meter can count: in an hour, in the unit of its signal. */
const USUAL_PER_HOUR: Readonly<Record<string, number>> = {
  kWh: 250,
  Wh: 250_000,
  MWh: 1,
  m3: 1000,
  'm³': 1000,
  h: 2,
  s: 7200,
}
const PER_HOUR_ELSE = 36_000
const HOUR_S = 3600
const METER_POLL = '5s'

/** The text of the file, or why a meter cannot be made of a signal. */
export function profileStub(signals: readonly StubSignal[], options: StubOptions): string | { readonly why: string } {
  const { profile, maker, model, document, page, protocol, mostPerHour } = options
  const written: Record<string, unknown> = {}
  const meters: Record<string, unknown> = {}
  for (const signal of signals) {
    written[signal.name] = signalOf(signal)
    if (!signal.isMeter) continue
    const meter = meterOf(signal, mostPerHour)
    if ('why' in meter) return meter
    if (meter.counted !== undefined) written[meter.counted] = rawOf(signal)
    meters[signal.name] = meter.meter
  }
  const body = {
    profile,
    maker,
    model,
    source: { document, page, certainty: 'C' },
    protocol,
    rung: 'reads',
    signals: written,
    ...(Object.keys(meters).length === 0 ? {} : { meters }),
  }
  return `${HEAD}${stringify(body, { lineWidth: 0, collectionStyle: 'any' })}`
}

const HEAD = `# yaml-language-server: $schema=../profile.schema.json
# Made by \`latchkey profile new\`. Compare each signal with the display, see what a counter does at a reset and after a
# power cut, and write into maxRate what the machine can make at most in a second, in counts.
`

function signalOf({ title, address, unit, scale, offset, isMeter }: StubSignal): object {
  return {
    ...(title === undefined ? {} : { title }),
    address,
    ...(unit === undefined ? {} : { unit }),
    ...(scale === 1 ? {} : { scale }),
    ...(offset === 0 ? {} : { offset }),
    ...(isMeter ? { poll: METER_POLL } : {}),
  }
}

/** A float counts as it is: scaled it would no longer show whole steps. */
const rawOf = ({ name, address }: StubSignal) => ({
  title: `${name} as the device counts it`,
  address,
  poll: METER_POLL,
})

type Meter = { readonly meter: object; readonly counted?: string }

function meterOf(signal: StubSignal, mostPerHour: number | undefined): Meter | { readonly why: string } {
  const { name, title, address, unit = 'pcs', scale, offset, step = 0.01 } = signal
  const isFloat = /^f|Float|Double/.test(address.type ?? '')
  const worth = isFloat ? step : scale
  const small = wholeUnit(unit, decimal(worth))
  if (small === undefined)
    return {
      why: `a count of ${name} is worth ${decimal(worth)} ${unit}, which is no whole number of any smaller unit`,
    }
  const counted = isFloat && (scale !== 1 || offset !== 0) ? `${name.slice(0, 28)}Raw` : undefined
  const perHour = mostPerHour ?? USUAL_PER_HOUR[unit] ?? PER_HOUR_ELSE
  return {
    meter: {
      kind: 'register',
      ...(title === undefined ? {} : { title }),
      signal: counted ?? name,
      ...(isFloat ? { resolution: decimal(step / scale), finer: true } : {}),
      unit: small,
      perCount: Number(countIn(unit, small, decimal(worth))),
      resets: 'never',
      maxRate: String(Math.max(1, Math.ceil(perHour / worth / HOUR_S))),
    },
    ...(counted === undefined ? {} : { counted }),
  }
}

/** Without an exponent and without the last places of a double. */
function decimal(value: number): string {
  const text = Number(value.toPrecision(12)).toFixed(9)
  return text.replace(/\.?0+$/, '')
}
