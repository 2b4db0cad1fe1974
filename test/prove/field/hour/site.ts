/**
 * The workshop of the hour: its site file and the profiles that a technician writes beside it, when all is right. Three
 * machines on five devices: a booth (PLC with the lease block, ABB B23), a planer (I/O module, Eastron SDM630), a press
 * (OPC UA). Read next: devices.ts, which plays the devices; mistakes of each kind in written.ts and wired.ts.
 */

export type Ports = {
  readonly api: number
  readonly platform: number
  readonly broker: number
  /** A converter with the SDM630 as unit 12 and the B23 as unit 11. */
  readonly meters: number
  readonly module: number
  readonly plc: number
  readonly press: number
}

export const PASSWORD = 'LATCHKEY_MQTT_PASSWORD'
const passwordInFile = `"\${env:${PASSWORD}}"`

/** By path below the folder of the site. */
export type Files = Readonly<Record<string, string>>

export const filesOf = (ports: Ports): Files => ({
  'site.yaml': siteOf(ports),
  'profiles/press.yaml': press,
  'profiles/sdm630.yaml': sdm630,
  'profiles/b23.yaml': b23,
})

const siteOf = ({ api, platform, broker, meters, module, plc, press: opcua }: Ports) => `site: workshop
timezone: Asia/Shanghai
dataDir: ./data
api: { listen: "127.0.0.1:${api}" }
trust:
  issuers:
    - issuer: http://127.0.0.1:${platform}
      audience: latchkey:workshop
      jwks: http://127.0.0.1:${platform}/jwks.json
mqtt: { url: "mqtt://127.0.0.1:${broker}", version: 4, username: workshop, password: ${passwordInFile} }
links:
  meters: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: ${meters}, timeoutMs: 300 }
  module: { protocol: modbus, transport: tcp, host: 127.0.0.1, port: ${module}, timeoutMs: 300 }
  booth-plc:
    protocol: modbus
    transport: tcp
    host: 127.0.0.1
    port: ${plc}
    timeoutMs: 300
  press: { protocol: opcua, endpoint: "opc.tcp://127.0.0.1:${opcua}", security: SignAndEncrypt }
machines:
  booth-1:
    name: { en: Spray booth 1 }
    owner: huajian
    devices:
      plc: { profile: latchkey-lease-plc, link: booth-plc, unit: 1 }
      energy: { profile: b23, link: meters, unit: 11 }
    state: plc
    interlock: { device: plc, class: lease, lease: 2s, heartbeat: 500ms }
  planer-1:
    name: { en: Planer 1 }
    owner: huajian
    devices:
      io: { profile: beckhoff-ek9000, link: module, unit: 1 }
      energy: { profile: sdm630, link: meters, unit: 12 }
    state: { kind: threshold, signal: energy.power, above: 300, below: 200, on: Executing, off: NotExecuting }
    interlock: { device: io, class: watchdog, lease: 2s, heartbeat: 500ms }
  press-1:
    name: { en: Press 1 }
    owner: minghe
    devices:
      press: { profile: press, link: press, root: "nsu=urn:latchkey:test-device;s=Press" }
    state: press
bounds: { reconnectMax: 2s }
`

const press = `profile: press
maker: Acme
model: hydraulic press
source: { document: Acme OPC UA interface, page: "4" }
protocol: opcua
rung: reads
signals:
  state: { address: { node: State, type: i32 }, poll: 500ms }
  emergency: { address: { node: Emergency, type: bool }, poll: 500ms }
  power: { address: { node: PowerW, type: f64 }, unit: W, poll: 500ms }
  strokes: { address: { node: Strokes, type: u32 }, unit: strokes, poll: 500ms }
state: { kind: map, signal: state, states: { 0: NotAvailable, 1: NotExecuting, 2: Executing, 3: OutOfService } }
emergencyStop: emergency
meters:
  strokes: { kind: register, signal: strokes, unit: strokes, maxRate: "5" }
`

/** The table of input registers of the maker's sheet; name, address and unit. */
export const SDM630 = [
  ['voltageL1', 0x00, 'V'],
  ['voltageL2', 0x02, 'V'],
  ['voltageL3', 0x04, 'V'],
  ['currentL1', 0x06, 'A'],
  ['currentL2', 0x08, 'A'],
  ['currentL3', 0x0a, 'A'],
  ['powerL1', 0x0c, 'W'],
  ['powerL2', 0x0e, 'W'],
  ['powerL3', 0x10, 'W'],
  ['apparentL1', 0x12, 'VA'],
  ['apparentL2', 0x14, 'VA'],
  ['apparentL3', 0x16, 'VA'],
  ['reactiveL1', 0x18, 'var'],
  ['reactiveL2', 0x1a, 'var'],
  ['reactiveL3', 0x1c, 'var'],
  ['powerFactorL1', 0x1e, ''],
  ['averageVoltage', 0x2a, 'V'],
  ['averageCurrent', 0x2e, 'A'],
  ['sumCurrent', 0x30, 'A'],
  ['power', 0x34, 'W'],
  ['apparent', 0x38, 'VA'],
  ['reactive', 0x3c, 'var'],
  ['powerFactor', 0x3e, ''],
  ['frequency', 0x46, 'Hz'],
  ['importEnergy', 0x48, 'kWh'],
  ['exportEnergy', 0x4a, 'kWh'],
] as const

const hex = (number: number) => `0x${number.toString(16).padStart(4, '0')}`

const sdm630 = `profile: sdm630
maker: Eastron
model: SDM630-Modbus
source: { document: Eastron SDM630-Modbus protocol, page: input registers }
protocol: modbus
rung: reads
signals:
${SDM630.map(
  ([name, address, unit]) =>
    `  ${name}: { address: { table: input, address: ${hex(address)}, type: f32 }${unit === '' ? '' : `, unit: ${unit}`}, poll: 500ms }`,
).join('\n')}
meters:
  importEnergy: { kind: register, signal: importEnergy, resolution: "0.01", unit: Wh, perCount: 10, maxRate: "2" }
`

const b23 = `profile: b23
maker: ABB
model: B23
source: { document: B23/B24 User Manual 2CMC485003M0201 rev. A, page: section 9.3 }
protocol: modbus
rung: meters
signals:
  activeImport: { address: { table: holding, address: 0x5000, type: u64 }, unit: kWh, scale: 0.01, poll: 500ms }
  power: { address: { table: holding, address: 0x5b14, type: s32 }, unit: W, scale: 0.01, poll: 500ms }
  serialNumber: { address: { table: holding, address: 0x8900, type: u32 }, poll: 1h }
meters:
  energy: { kind: register, signal: activeImport, unit: Wh, perCount: 10, maxRate: "2" }
`
