/**
 * The devices of the workshop, each a process on a port of its own: what their displays show, what a person does at
 * them, and how one is wired wrongly. Read next: site.ts (how the gateway is told of them).
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ChildServer, startChild } from '../../../support/child-server.ts'
import type { ModbusAsk, ModbusRange, ModbusWatchdog } from '../../../support/modbus-server.ts'
import type { OpcuaAsk, OpcuaServerOptions, OpcuaValue } from '../../../support/opcua-device.ts'
import { freePort } from '../../../support/ports.ts'
import type { Scope } from '../../../support/proof.ts'
import { type MachineSimulator, startMachine } from '../../../support/simulators.ts'
import { SDM630 } from './site.ts'

/** What the displays show, by signal of the site file. */
export type Displays = Readonly<Record<string, number | boolean>>

export type Devices = {
  readonly ports: { readonly meters: number; readonly module: number; readonly plc: number; readonly press: number }
  readonly plc: MachineSimulator
  displays(): Displays
  /** The planer uses so many W, the booth works: counters go on by these steps of 0.01 kWh. */
  work(steps: { readonly planer?: number; readonly booth?: number; readonly planerW?: number }): Promise<void>
  /** By the tool of the module: its watchdog, ms. */
  setWatchdog(ms: number): Promise<void>
  /** The contact of the output, wired to this input of the module. */
  wireContact(input: number): Promise<void>
  /** At the press: trusts every client whose certificate it has refused. */
  trustClients(): Promise<number>
}

const words32 = (value: number) => [Math.floor(value / 0x10000) % 0x10000, value % 0x10000]
const float = new DataView(new ArrayBuffer(4))
function floatWords(value: number): number[] {
  float.setFloat32(0, value)
  return [float.getUint16(0), float.getUint16(2)]
}

const B23_UNIT = 11
const SDM630_UNIT = 12
/** Nobody answers behind the converter. */
const NO_UNIT = 9
const STATE = { State: 1, Emergency: false, PowerW: 812.5, Strokes: 9134 } as const
const WATCHDOG: ModbusWatchdog = { coil: 0, contact: 0, time: 0x1120, drops: 0x1021 }

export async function startDevices(scope: Scope): Promise<Devices> {
  const pkiDir = join(scope.folder, 'press')
  mkdirSync(pkiDir)
  const options: OpcuaServerOptions = { pkiDir, trustsEveryone: false }
  const [meters, module, press, plc] = await Promise.all([
    startChild<ModbusAsk>('modbus-server.ts', await freePort()),
    startChild<ModbusAsk>('modbus-server.ts', await freePort()),
    startChild<OpcuaAsk>('opcua-server.ts', await freePort(), [JSON.stringify(options)]),
    startMachine(scope, 'spray-booth', { name: 'booth', cycleMs: 400 }),
  ])
  for (const device of [meters, module, press]) scope.defer(() => device.kill())
  const shown = { booth: 48_213, boothCentiW: 74_250, planer: 123_456, planerW: 85 }
  await module.ask({ kind: 'load', ranges: moduleRegisters() })
  await module.ask({ kind: 'behave', behaviour: { watchdog: WATCHDOG } })
  await press.ask({ kind: 'load', values: pressNodes() })
  await meters.ask({ kind: 'behave', behaviour: { silent: [NO_UNIT] } })
  const load = () => meters.ask({ kind: 'load', ranges: [...b23Registers(shown), ...sdm630Registers(shown)] })
  await load()
  return {
    ports: { meters: meters.port, module: module.port, plc: plc.modbusPort, press: press.port },
    plc,
    displays: () => ({
      'booth-1/energy.activeImport': shown.booth / 100,
      'booth-1/energy.power': shown.boothCentiW / 100,
      'booth-1/energy.serialNumber': 4_711_023,
      ...Object.fromEntries(sdm630Values(shown).map(([name, , value]) => [`planer-1/energy.${name}`, value])),
      'planer-1/io.permission': false,
      'planer-1/io.busOk': 1,
      'press-1/press.state': STATE.State,
      'press-1/press.emergency': STATE.Emergency,
      'press-1/press.power': STATE.PowerW,
      'press-1/press.strokes': STATE.Strokes,
      'booth-1/plc.leaseState': 0,
      'booth-1/plc.safetyOk': true,
      'booth-1/plc.mode': 1,
    }),
    async work({ planer = 0, booth = 0, planerW = shown.planerW }) {
      Object.assign(shown, { planer: shown.planer + planer, booth: shown.booth + booth, planerW })
      await load()
    },
    setWatchdog: (ms) => loadCell(module, 'holding', WATCHDOG.time, ms),
    wireContact: async (input) => {
      for (const at of [0, 1]) await loadCell(module, 'discrete', at, 0)
      await module.ask({ kind: 'behave', behaviour: { watchdog: { ...WATCHDOG, contact: input } } })
    },
    trustClients: async () => Number(await press.ask({ kind: 'trust-clients' })),
  }
}

async function loadCell(
  device: ChildServer<ModbusAsk>,
  table: ModbusRange['table'],
  start: number,
  value: number,
): Promise<void> {
  await device.ask({ kind: 'load', ranges: [{ unit: 1, table, start, values: [value] }] })
}

type Shown = { readonly booth: number; readonly boothCentiW: number; readonly planer: number; readonly planerW: number }

function b23Registers({ booth, boothCentiW }: Shown): ModbusRange[] {
  const range = (start: number, values: number[]) => ({ unit: B23_UNIT, table: 'holding', start, values }) as const
  return [
    range(0x5000, [0, 0, ...words32(booth), 0, 0, 0, 0]),
    range(0x5b14, words32(boothCentiW)),
    range(0x8900, words32(4_711_023)),
  ]
}

/** Name, address, value. */
function sdm630Values({ planer, planerW }: Shown): [string, number, number][] {
  return SDM630.map(([name, address], index) => {
    const value = name === 'power' ? planerW : name === 'importEnergy' ? planer / 100 : 10 + index * 1.25
    return [name, address, Math.fround(value)]
  })
}

/** Registers between those of the sheet are there and hold nothing; beyond the last there are none. */
function sdm630Registers(shown: Shown): ModbusRange[] {
  const memory: number[] = new Array(0x4c).fill(0)
  for (const [, address, value] of sdm630Values(shown)) memory.splice(address, 2, ...floatWords(value))
  return [{ unit: SDM630_UNIT, table: 'input', start: 0, values: memory }]
}

function moduleRegisters(): ModbusRange[] {
  const holding = (start: number, ...values: number[]) => ({ unit: 1, table: 'holding', start, values }) as const
  return [
    { unit: 1, table: 'coil', start: 0, values: [0, 0] },
    { unit: 1, table: 'discrete', start: 0, values: [0, 0] },
    holding(0x1021, 0),
    holding(0x1040, 1),
    holding(WATCHDOG.time, 0, 0, 0, 0),
  ]
}

function pressNodes(): OpcuaValue[] {
  const types = { State: 'Int32', Emergency: 'Boolean', PowerW: 'Double', Strokes: 'UInt32' } as const
  return Object.entries(STATE).map(([name, value]) => ({
    node: `Press.${name}`,
    type: types[name as keyof typeof types],
    value,
  }))
}
