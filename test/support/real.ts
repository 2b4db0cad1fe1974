/**
 * Which real servers are here. A test that needs one says `describe.skipIf(!realPart('mosquitto'))`; on a developer's
 * computer without it the test is skipped aloud, in CI (CI=true) it fails: a promise that was not tried is not kept.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const parts = {
  mosquitto: { package: 'mosquitto', commands: ['mosquitto', 'mosquitto_passwd'] },
  'mosquitto-clients': { package: 'mosquitto-clients', commands: ['mosquitto_sub', 'mosquitto_pub'] },
  influxd: { package: 'influxdb', commands: ['influxd'] },
  influx: { package: 'influxdb-client', commands: ['influx'] },
  'victoria-metrics': { package: 'victoria-metrics', commands: ['victoria-metrics'] },
  chromium: { package: 'chromium', commands: ['chromium'] },
  tshark: { package: 'tshark', commands: ['tshark'] },
  curl: { package: 'curl', commands: ['curl'] },
  strace: { package: 'strace', commands: ['strace'] },
  socat: { package: 'socat', commands: ['socat'] },
  python3: { package: 'python3', commands: ['python3'] },
} as const

export type RealPart = keyof typeof parts

/** Servers are often installed where a plain user's path does not lead. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin']

/** Absolute path of a command of a real part; throws when it is not here, and says what brings it. */
export function commandPath(command: string): string {
  const found = folders.map((folder) => join(folder, command)).find((path) => existsSync(path))
  if (found !== undefined) return found
  const part = Object.values(parts).find(({ commands }) => (commands as readonly string[]).includes(command))
  throw new Error(`${command} is not installed${part === undefined ? '' : `: apt-get install ${part.package}`}`)
}

/** Debian packages of what is not here. */
export function missingPackages(): string[] {
  return Object.values(parts).flatMap((part) => (isHere(part.commands) ? [] : [part.package]))
}

/** Whether it is here. */
export function realPart(name: RealPart): boolean {
  const part = parts[name]
  if (isHere(part.commands)) return true
  const reason = `${name} is not installed: apt-get install ${part.package}`
  if (process.env.CI === 'true') throw new Error(reason)
  console.warn(`\n*** SKIPPED: ${reason} ***\n`)
  return false
}

function isHere(commands: readonly string[]): boolean {
  return commands.every((command) => folders.some((folder) => existsSync(join(folder, command))))
}
