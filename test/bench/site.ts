/** The site file of a floor of machines, and the profile beside it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type FloorSite = {
  /** Of the machines, by number. */
  readonly ports: readonly number[]
  /** Of each machine. */
  readonly floats: number
  readonly pollMs: number
  /** Of the API; 0 takes a free one. */
  readonly apiPort?: number
  /** More members of the site file. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** A profile file; its name is that of the file. */
export type Profile = { readonly profile: string; readonly [member: string]: unknown }

export const SITE = 'bench'
/** `f0`, `f1` and so on are the floats of bare/machines.c, `word` is the state word behind them. */
const PROFILE = 'bench-machine'

export const machineId = (index: number): string => `m${String(index).padStart(4, '0')}`

/** Writes both into a new folder `name` of `folder`; the path of the site file. The ledger is not there yet. */
export function writeSite(folder: string, name: string, site: FloorSite): string {
  return writeFiles(folder, name, profile(site), siteFile(site))
}

/** The same with a profile and a site file of one's own. */
export function writeFiles(folder: string, name: string, profile: Profile, site: object): string {
  const own = join(folder, name)
  mkdirSync(join(own, 'profiles'), { recursive: true })
  writeFileSync(join(own, 'profiles', `${profile.profile}.yaml`), JSON.stringify(profile))
  const path = join(own, 'site.yaml')
  writeFileSync(path, JSON.stringify(site))
  return path
}

function siteFile({ ports, apiPort = 0, more = {} }: FloorSite): object {
  return {
    site: SITE,
    timezone: 'Asia/Shanghai',
    dataDir: 'data',
    api: { listen: `127.0.0.1:${apiPort}` },
    links: Object.fromEntries(
      ports.map((port, index) => [machineId(index), { protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port }]),
    ),
    machines: Object.fromEntries(
      ports.map((_, index) => [
        machineId(index),
        {
          name: { en: `Machine ${index}` },
          owner: 'bench',
          devices: { io: { profile: PROFILE, link: machineId(index) } },
          state: 'io',
        },
      ]),
    ),
    ...more,
  }
}

function profile({ floats, pollMs }: FloorSite): Profile {
  const poll = `${pollMs}ms`
  const at = (address: number, type: string) => ({ address: { table: 'holding', address, type }, poll })
  return {
    profile: PROFILE,
    maker: 'Latchkey',
    model: 'machine of the bench',
    source: { document: 'test/bench/bare/machines.c', page: 'opening comment' },
    protocol: 'modbus',
    rung: 'reads',
    signals: {
      ...Object.fromEntries(Array.from({ length: floats }, (_, index) => [`f${index}`, at(index * 2, 'f32')])),
      word: at(floats * 2, 'u16'),
    },
    state: { kind: 'map', signal: 'word', states: { 2: 'NotExecuting', 3: 'Executing' } },
  }
}
