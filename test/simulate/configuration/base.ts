/** The site that every ledger begins with: a booth behind a PLC, a bander behind an output, a saw that is only read. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Draft } from './draft.ts'

const PROFILES = join(import.meta.dirname, '../../../config/profiles')

/** A shipped profile, or the base of a family, under a name that says that it is simulated. */
function profile(shipped: string, name: string) {
  const { family: _, variants: __, ...base } = parse(readFileSync(join(PROFILES, `${shipped}.yaml`), 'utf8'))
  return { ...base, profile: name }
}

const profiles = {
  'sim-booth': profile('sim-spray-booth', 'sim-booth'),
  'sim-bander': profile('sim-edge-bander', 'sim-bander'),
  'sim-coil': profile('sim-edge-bander-coil', 'sim-coil'),
  'sim-saw': profile('sim-panel-saw', 'sim-saw'),
  'sim-energy': profile('abb-b2x', 'sim-energy'),
}

const modbus = (port: number) => ({ protocol: 'modbus', transport: 'tcp', host: '127.0.0.1', port })

const site = {
  site: 'hall',
  timezone: 'Asia/Shanghai',
  dataDir: 'data',
  api: { listen: '127.0.0.1:0' },
  trust: {
    issuers: [{ issuer: 'http://127.0.0.1:9', audience: 'latchkey:hall', jwks: 'http://127.0.0.1:9/jwks.json' }],
  },
  links: {
    plc: modbus(9001),
    io: modbus(9002),
    saw: { protocol: 'opcua', endpoint: 'opc.tcp://127.0.0.1:9003', security: 'None' },
    bus: modbus(9004),
  },
  machines: {
    booth: {
      name: { en: 'Booth' },
      owner: 'huajian',
      devices: {
        plc: { profile: 'sim-booth', link: 'plc', unit: 1 },
        energy: { profile: 'sim-energy', link: 'bus', unit: 11 },
      },
      state: 'plc',
      interlock: { device: 'plc', class: 'lease' },
    },
    bander: {
      name: { en: 'Bander' },
      owner: 'huajian',
      devices: { io: { profile: 'sim-bander', link: 'io', unit: 1 } },
      state: 'io',
      interlock: { device: 'io', class: 'watchdog' },
    },
    saw: {
      name: { en: 'Saw' },
      owner: 'lin-co',
      devices: {
        saw: { profile: 'sim-saw', link: 'saw', root: 'nsu=urn:latchkey:sim;s=Saw' },
        energy: { profile: 'sim-energy', link: 'bus', unit: 12 },
      },
      state: 'saw',
    },
  },
}

export const baseDraft = (): Draft => structuredClone({ site, profiles })
