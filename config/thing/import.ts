/**
 * A W3C Thing Description as a profile: its properties that are read by Modbus become signals. One that was exported
 * from a profile becomes that profile again; of a maker's own nothing is metered, since it names no meters. Pure.
 * Read next: words.ts, export.ts.
 */
import { isRecord } from '../document/document.ts'
import { NAME } from '../schema/field.ts'
import { addressOf } from './words.ts'

type Json = Readonly<Record<string, unknown>>

type Imported = {
  readonly profile: Json
  /** Properties that are no signals, and why. */
  readonly skipped: readonly { readonly property: string; readonly why: string }[]
}

/** More are not looked at. */
const MOST_PROPERTIES = 500

/** Why it cannot be taken, as text. */
export function fromThing(thing: unknown, name: string): Imported | string {
  if (!isRecord(thing) || !isRecord(thing.properties)) return 'it is no Thing Description with properties'
  const own = isRecord(thing['latchkey:profile']) ? thing['latchkey:profile'] : undefined
  const { order, signals: composed, ...rest } = own ?? profileOf(thing)
  const skipped: { property: string; why: string }[] = []
  const signals: Record<string, unknown> = { ...(isRecord(composed) ? composed : {}) }
  for (const [property, given] of Object.entries(thing.properties).slice(0, MOST_PROPERTIES)) {
    const made = isRecord(given) ? signalOf(given) : 'it is no property'
    if (typeof made === 'string') skipped.push({ property, why: made })
    else signals[own === undefined ? freeName(property, signals) : property] = made
  }
  if (Object.keys(signals).length === 0) return 'none of its properties is read by Modbus'
  const names = Array.isArray(order) ? order.map(String).filter((one) => Object.hasOwn(signals, one)) : []
  const inOrder = [...new Set([...names, ...Object.keys(signals)])].map((one) => [one, signals[one]] as const)
  return { profile: { ...rest, profile: name, signals: Object.fromEntries(inOrder) }, skipped }
}

function signalOf(property: Json): Json | string {
  const forms = Array.isArray(property.forms) ? property.forms.filter(isRecord) : []
  const form = forms.find(({ op = 'readproperty' }) => [op].flat().includes('readproperty'))
  if (form === undefined) return 'no form of it reads it'
  const address = addressOf(form, property.type)
  const kept = isRecord(property['latchkey:address']) ? property['latchkey:address'] : {}
  if (typeof address === 'string' && kept.type === undefined) return address
  const { title, unit } = property
  return {
    ...(typeof title === 'string' && { title: title.slice(0, 80) }),
    address: { ...(typeof address === 'string' ? {} : address), ...kept },
    ...(typeof unit === 'string' && { unit: unit.slice(0, 16) }),
    ...(isRecord(property['latchkey:signal']) ? property['latchkey:signal'] : {}),
  }
}

/** What a profile needs, as far as a maker's description says it. */
function profileOf({ title, description, support }: Json): Json {
  const text = (value: unknown, fallback: string, most: number) =>
    typeof value === 'string' && value !== '' ? value.slice(0, most) : fallback
  return {
    maker: text(support, 'not known', 80),
    model: text(title, 'not known', 80),
    source: {
      document: `Thing Description: ${text(description, text(title, 'without a title', 80), 160)}`,
      page: 'properties',
    },
    protocol: 'modbus',
    rung: 'reads',
  }
}

/** A name of a signal out of that of a property, and a number behind it where it is taken. */
function freeName(property: string, taken: Readonly<Record<string, unknown>>): string {
  const [first = '', ...others] = property.split(/[^A-Za-z0-9]+/).filter((part) => part !== '')
  const joined = [first.charAt(0).toLowerCase() + first.slice(1), ...others.map(capital)].join('').slice(0, 28)
  const name = new RegExp(NAME).test(joined) ? joined : `p${capital(joined)}`
  for (let number = 1; ; number++) {
    const one = number === 1 ? name : `${name}${number}`
    if (!Object.hasOwn(taken, one)) return one
  }
}

const capital = (part: string) => part.charAt(0).toUpperCase() + part.slice(1)
