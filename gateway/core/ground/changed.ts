/** One place at which two configurations differ, and how it is said to people. Secrets are never in it. Pure. */

export type Changed = {
  /** Keys of the site file with dots between, or `profiles.` and those of a profile. */
  readonly what: string
  /** Absent when it was not there before. */
  readonly from?: string
  /** Absent when it is gone. */
  readonly to?: string
}

const NOUNS: Readonly<Record<string, string>> = {
  machines: 'machine',
  links: 'link',
  tariffs: 'tariff',
  profiles: 'profile',
}

/** One line: `machine saw-2 is new`, `links.line-1.port: 502 → 503`. */
export function changedWords({ what, from, to }: Changed): string {
  const [noun, name, ...more] = what.split('.')
  const subject =
    more.length === 0 && name !== undefined && NOUNS[noun!] !== undefined ? `${NOUNS[noun!]} ${name}` : what
  if (from === undefined) return subject === what ? `${what}: ${to}` : `${subject} is new`
  if (to === undefined) return `${subject} is gone`
  return from === to ? `${what}: changed (${to})` : `${what}: ${from} → ${to}`
}
