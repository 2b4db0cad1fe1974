/**
 * A good site with two profiles in a folder of its own, and edits that break it.
 * In an edit the mark `▸` stands where the fault is expected; it is taken out before the file is written.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Fault, faultLine } from '../../config/document/fault.ts'
import { loadSite } from '../../config/load.ts'
import type { SiteConfig } from '../../config/site.ts'
import type { Summary } from '../../config/summary.ts'

const MARK = '▸'

export const goodSite = `site: test
timezone: Asia/Shanghai
dataDir: ./data
fencingId: 3
api: { listen: "127.0.0.1:0", commandTimeout: 20s }
trust:
  issuers:
    - { issuer: https://platform.example, audience: latchkey:test, jwks: https://platform.example/jwks.json }
mqtt: { url: mqtt://127.0.0.1:1883, version: 4 }
influx: { url: http://127.0.0.1:8086, database: latchkey }
links:
  plc-bus: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: 502, timeoutMs: 1000 }
  saw-link: { protocol: opcua, endpoint: "opc.tcp://127.0.0.1:4840", security: None }
machines:
  booth-1:
    name: { en: Booth 1 }
    owner: huajian
    devices:
      plc: { profile: plc, link: plc-bus, unit: 1 }
      saw: { profile: saw, link: saw-link, root: "nsu=urn:x;s=Saw" }
    state: plc
    interlock: { device: plc, class: lease, lease: 5s, heartbeat: 1s, confirm: 8s }
    endOfBooking: { warn: 10m, grace: 15m, policy: finish-cycle }
bounds: { ticksPerSecond: 20 }
`

export const plcProfile = `profile: plc
maker: Acme
model: P1
source: { document: Manual, page: "7" }
protocol: modbus
rung: unlocks
signals:
  state: { address: { table: holding, address: 0, type: u16 }, poll: 500ms }
  stop: { address: { table: holding, address: 1, type: bool, bit: 0 }, poll: 500ms }
  parts: { address: { table: holding, address: 2, type: u32 }, poll: 500ms }
  power: { address: { table: input, address: 9, type: f32 } }
meters:
  parts: { kind: register, signal: parts, unit: pcs, wrapAt: "4294967296", maxRate: "10" }
  running: { kind: duration, while: Executing }
state: { kind: map, signal: state, states: { 0: NotExecuting, 1: Executing } }
mode: { signal: state, modes: { 0: Processing } }
emergencyStop: stop
fault: stop
interlock:
  class: lease
  toPlc: { table: holding, address: 100, type: words, count: 16 }
  fromPlc: { table: holding, address: 200, type: words, count: 18 }
`

export const sawProfile = `profile: saw
maker: Acme
model: S1
source: { document: Manual, page: "8" }
protocol: opcua
rung: meters
signals:
  power: { address: { node: Power, type: f64 } }
  hot: { address: { node: Hot, type: bool } }
state: { kind: threshold, signal: power, above: 20, below: 10, on: Executing, off: NotExecuting }
`

type Files = Readonly<Record<string, string>>
type Env = Readonly<Record<string, string>>
type Good = { readonly config: SiteConfig; readonly summary: Summary }

const good: Files = { 'site.yaml': goodSite, 'profiles/plc.yaml': plcProfile, 'profiles/saw.yaml': sawProfile }

type Folder = {
  readonly path: string
  write(files: Files): void
  /** The good files, some of them changed; faults name files relative to the folder. */
  faults(changed: Files, env?: Env): Fault[]
  /** What they load to; throws when they have a fault. */
  good(changed: Files, env?: Env): Good
  remove(): void
}

export function openFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-config-'))
  const write = (files: Files) => {
    for (const [name, text] of Object.entries({ ...good, ...files })) {
      mkdirSync(dirname(join(path, name)), { recursive: true })
      writeFileSync(join(path, name), text.replace(MARK, ''))
    }
  }
  return {
    path,
    write,
    faults(changed, env = {}) {
      write(changed)
      const loaded = loadSite(join(path, 'site.yaml'), env)
      if (loaded.kind === 'ok') return []
      return loaded.faults.map((fault) => ({ ...fault, file: fault.file.slice(path.length + 1) }))
    },
    good(changed, env = {}) {
      write(changed)
      return goodAt(join(path, 'site.yaml'), env)
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** What the site file at `path` loads to; throws when it has a fault. */
export function goodAt(path: string, env: Env = {}): Good {
  const loaded = loadSite(path, env)
  if (loaded.kind === 'ok') return loaded
  throw new Error(loaded.faults.map(faultLine).join('\n'))
}

/** Line and column of the mark, counted here and not by the code under test. */
export function markOf(text: string): { line: number; column: number } {
  const before = text.slice(0, text.indexOf(MARK)).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1 }
}

/** Replaces the one place where `from` stands; a test that edits nothing is a mistake. */
export function edit(text: string, from: string, to: string): string {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`"${from}" stands ${parts.length - 1} times`)
  return parts.join(to)
}
