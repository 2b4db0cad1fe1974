/** The acceptance of a machine as the bench shows it: what a person types, and the report in a file. Pure. */
import type { Signal } from './wire.ts'

export type Accepted = {
  readonly id: string
  readonly at: string
  readonly accepted: boolean
  readonly by: string
  readonly reason: string
  readonly label: string
  readonly configurationId: string
  readonly missing: readonly string[]
  readonly devices: readonly {
    readonly alias: string
    readonly profile: string
    readonly link: string
    readonly at: string
  }[]
  readonly says: readonly { readonly signal: string; readonly value: string }[]
  readonly lock: { readonly drill: 'commissioned' | 'never' | 'failed' | 'expired' | 'changed' | 'no-lock' }
  readonly readings: readonly {
    readonly signal: string
    readonly shown: string
    readonly unit?: string
    readonly reported?: string
    readonly reportedIn?: string
    readonly agrees: boolean
  }[]
}

/** `12,5 kWh` as the gateway takes it; undefined: it is no number. */
export function displayOf({ id, unit }: Pick<Signal, 'id' | 'unit'>, text: string) {
  const [, number, given = ''] = /^\s*(-?\d{1,15}(?:[.,]\d{1,9})?)\s*(\p{L}{0,16})\s*$/u.exec(text) ?? []
  if (number === undefined) return undefined
  return { signal: id, shown: number.replace(',', '.'), ...(given === '' || given === unit ? {} : { unit: given }) }
}

/** The report out of the file that proves it. */
export function reportIn(file: object): Accepted | undefined {
  const { proven } = file as { readonly proven?: readonly { readonly body: string }[] }
  if (proven?.[0] === undefined) return undefined
  const { at, data } = JSON.parse(proven[0].body) as { readonly at: string; readonly data: Omit<Accepted, 'at'> }
  return { ...data, at }
}
