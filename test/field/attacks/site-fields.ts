/**
 * Every text field of a site file and of a profile, from their schemas: values and keys. A field makes the two files of
 * a text. Read next: fields.ts, texts.ts.
 */
import { readFileSync } from 'node:fs'
import { plausible, type Schema, textFields, withText } from './fields.ts'
import type { HostileText } from './texts.ts'

export type SiteField = {
  /** As `site api.listen`. */
  readonly name: string
  /** JSON, which is YAML too. The site names one device with a profile `trial`. */
  files(text: HostileText): { readonly site: Buffer; readonly profile: Buffer }
}

const schemaOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../config/${name}.schema.json`, import.meta.url), 'utf8')) as Schema
const site = schemaOf('site')
const profile = schemaOf('profile')

const PROFILE = { ...(plausible(profile) as object), profile: 'trial' }
const SITE = {
  ...(plausible(site) as object),
  links: { bus: { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1' } },
  machines: {
    saw: { name: { en: 'Saw' }, owner: 'trial', devices: { a: { profile: 'trial', link: 'bus', unit: 1 } } },
  },
}
const bytesOf = (value: object) => Buffer.from(JSON.stringify(value))

export const siteFields: readonly SiteField[] = [
  ...textFields(site).map(({ name, put }) => ({
    name: `site ${name}`,
    files: (text: HostileText) => ({
      site: withText({ put: (place) => ({ ...SITE, ...(put(place) as object) }) }, text),
      profile: bytesOf(PROFILE),
    }),
  })),
  ...textFields(profile).map(({ name, put }) => ({
    name: `profile ${name}`,
    files: (text: HostileText) => ({
      site: bytesOf(SITE),
      profile: withText({ put: (place) => ({ ...PROFILE, ...(put(place) as object) }) }, text),
    }),
  })),
]
