/**
 * A profile as a W3C Thing Description: each signal that is read at an address is a property with a form; the rest of
 * the profile stands under `latchkey:`, so that nothing is lost on the way back. Pure. Read next: words.ts, import.ts.
 */
import { isRecord } from '../document/document.ts'
import { CONTEXT, formOf, jsonType, type Registers } from './words.ts'

type Json = Readonly<Record<string, unknown>>

/** `base`: where the device is, such as modbus+tcp://192.0.2.7:502/1; the profile has passed the check. */
export function toThing(profile: Json, base: string): Json {
  const { signals, ...rest } = profile as { readonly signals: Readonly<Record<string, Json>> }
  const entries = Object.entries(signals)
  const { maker, model, source } = rest as Json
  return {
    '@context': CONTEXT,
    '@type': 'Thing',
    title: `${String(maker)} ${String(model)}`,
    description: isRecord(source) ? `${String(source.document)}, ${String(source.page)}` : '',
    securityDefinitions: { nosec: { scheme: 'nosec' } },
    security: 'nosec',
    base: `${base}/`,
    properties: Object.fromEntries(
      entries.filter(([, signal]) => isProperty(signal)).map(([name, signal]) => [name, propertyOf(signal, base)]),
    ),
    'latchkey:profile': {
      ...rest,
      order: entries.map(([name]) => name),
      signals: Object.fromEntries(entries.filter(([, signal]) => !isProperty(signal))),
    },
  }
}

/** Read at an address of its own, in a type that the binding can tell the width of. */
function isProperty({ address }: Json): boolean {
  return isRecord(address) && address.models === undefined && jsonType(String(address.type)) !== undefined
}

function propertyOf({ address, title, unit, ...rest }: Json, base: string): Json {
  const { table: _, address: __, count: ___, type, order, ...parts } = address as Registers
  const form = formOf(base, address as Registers)
  const kept = {
    ...(form['modv:type'] === undefined ? { type } : {}),
    ...(order === 'ABCD' ? { order } : {}),
    ...parts,
  }
  return {
    ...(title === undefined ? {} : { title }),
    type: jsonType(type),
    ...(unit === undefined ? {} : { unit }),
    readOnly: true,
    forms: [form],
    ...(Object.keys(kept).length > 0 && { 'latchkey:address': kept }),
    ...(Object.keys(rest).length > 0 && { 'latchkey:signal': rest }),
  }
}
