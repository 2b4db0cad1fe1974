/**
 * The whole plant of the demo: three machines, the booking platform, the broker and the gateway, each a process of its
 * own, on the ports of config/sites/demo.yaml where those are free. It imports nothing of the gateway.
 * Next: site.ts (ports), crew.ts (processes).
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { replaceFile } from '../machine/retentive.ts'
import { ask, expectStatus } from './ask.ts'
import type { Child } from './child.ts'
import { type Crew, openCrew } from './crew.ts'
import { host, orZero, type Place, type Ports, readSite, type Site } from './site.ts'

const root = resolve(import.meta.dirname, '../..')
const sitePath = join(root, 'config', 'sites', 'demo.yaml')
/** The data folder that the site file names. */
export const usualStateDir = join(root, 'data', 'demo')

/** A simulated machine: the address the gateway uses, and the control face for people. */
export type PlantMachine = Readonly<{ id: string; protocol: string; control: string }>

export type Plant = Readonly<{
  /** Base URLs. */
  api: string
  platform: string
  broker: string
  booth: PlantMachine
  saw: PlantMachine
  instrument: PlantMachine
  site: string
  sitePath: string
  stateDir: string
  /** Sentences about what differs from the site file. */
  notes: readonly string[]
  gateway: Child
}>

type PlantOptions = Readonly<{
  stateDir: string
  /** Length of a cycle of the booth and the instrument; each has a default of its own. */
  cycleMs?: number
  /** An operator presses start whenever a machine with a lock may start. */
  autoStart: boolean
  /** Called when the broker listens, before the gateway is started. */
  onBroker: (url: string) => Promise<void>
}>

export type Opening = Readonly<{
  plant: Promise<Plant>
  /** Rejects when a process ends by itself. */
  broken: Promise<never>
  /** Ends everything that was started. Idempotent. */
  close(): Promise<void>
  kill(): void
}>

/** The site file names no control faces, so their ports are named here. */
const controlPorts = { booth: 8091, saw: 8092, instrument: 8093 } as const

/** Another demo runs in the folder. */
export class FolderInUse extends Error {}

/**
 * Begins to start everything; `close` may be called at any time. Throws when the folder cannot be used.
 * `demo.json` in the folder lists the processes and, once everything runs, the addresses.
 */
export function openPlant(options: PlantOptions): Opening {
  const unlock = takeFolder(options.stateDir)
  const statePath = join(options.stateDir, 'demo.json')
  let state: Readonly<Record<string, unknown>> = {}
  const note = (more: typeof state) => {
    state = { ...state, ...more }
    replaceFile(statePath, `${JSON.stringify(state, null, 2)}\n`)
  }
  const crew = openCrew(join(options.stateDir, 'log'), (processes) =>
    note({ processes: { demo: process.pid, ...processes } }),
  )
  const plant = startAll(options, crew).then(({ gateway, ...facts }) => {
    note(facts)
    return { gateway, ...facts }
  })
  plant.catch(() => undefined)
  return {
    plant,
    broken: crew.broken,
    async close() {
      await crew.close()
      rmSync(statePath, { force: true })
      unlock()
    },
    kill: crew.kill,
  }
}

async function startAll(options: PlantOptions, crew: Crew): Promise<Plant> {
  const site = readSite(sitePath)
  const { ports } = site
  const pace = [
    ...(options.cycleMs === undefined ? [] : ['--cycle-ms', String(options.cycleMs)]),
    ...(options.autoStart ? ['--auto-start'] : []),
  ]
  const run = (name: string, wanted: Readonly<Record<string, number>>, args: readonly string[] = []) =>
    startOn(crew, name, wanted, args)
  const folder = (name: string) => ['--state-dir', join(options.stateDir, 'simulators', name)]
  const [broker, platform, booth, saw, instrument] = await Promise.all([
    run('broker', { port: ports.broker }),
    run('platform', { port: ports.platform }, folder('platform')),
    run('spray-booth', { 'modbus-port': ports.booth, 'control-port': controlPorts.booth }, [
      ...folder('spray-booth'),
      ...pace,
    ]),
    run(
      'panel-saw',
      { 'opcua-port': ports.saw, 'modbus-port': ports.sawMeter, 'control-port': controlPorts.saw },
      folder('panel-saw'),
    ),
    run('instrument', { 'opcua-port': ports.instrument, 'control-port': controlPorts.instrument }, [
      ...folder('instrument'),
      ...pace,
    ]),
  ])
  await options.onBroker(String(broker.ready.url))
  const wired: Ports = {
    api: await orZero(ports.api),
    platform: Number(platform.ready.port),
    broker: Number(broker.ready.port),
    booth: Number(booth.ready.modbusPort),
    saw: Number(saw.ready.opcuaPort),
    sawMeter: Number(saw.ready.modbusPort),
    instrument: Number(instrument.ready.opcuaPort),
  }
  const { gateway, path } = await startGateway(options, crew, site, wired)
  const api = String(gateway.ready.url)
  const real = { ...wired, api: Number(new URL(api).port) }
  const platformUrl = String(platform.ready.url)
  await expectStatus(200, 'the platform', ask('PUT', `${platformUrl}/gateway`, { body: { url: api } }))
  return {
    api,
    platform: platformUrl,
    broker: String(broker.ready.url),
    booth: machineOf('spray-booth-1', `Modbus TCP ${host}:${real.booth}`, booth),
    saw: machineOf('panel-saw-1', `OPC UA ${host}:${real.saw}, its meter Modbus TCP ${host}:${real.sawMeter}`, saw),
    instrument: machineOf('microscope-1', `OPC UA ${host}:${real.instrument}`, instrument),
    site: String(gateway.ready.site),
    sitePath: path,
    stateDir: options.stateDir,
    notes: [...movedPorts(ports, real), ...(path === sitePath ? [] : [`the site file of this run is ${path}`])],
    gateway,
  }
}

/** Starts a simulator on its ports, or on free ones where those are taken. */
async function startOn(
  crew: Crew,
  name: string,
  wanted: Readonly<Record<string, number>>,
  args: readonly string[],
): Promise<Child> {
  const run = (ports: readonly (readonly [string, number])[]) =>
    crew.start(name, [
      join(root, 'simulators', `${name}.ts`),
      ...ports.flatMap(([flag, port]) => [`--${flag}`, String(port)]),
      ...args,
    ])
  const looked = Object.entries(wanted).map(async ([flag, port]) => [flag, await orZero(port)] as const)
  try {
    return await run(await Promise.all(looked))
  } catch (error) {
    if (!isTaken(error)) throw error
    return run(Object.keys(wanted).map((flag) => [flag, 0]))
  }
}

/** Starts the gateway with the site file itself when every port is as it says, otherwise with a copy. */
async function startGateway(
  { stateDir }: PlantOptions,
  crew: Crew,
  site: Site,
  ports: Ports,
): Promise<{ gateway: Child; path: string }> {
  const run = async (next: Ports) => {
    const same = stateDir === usualStateDir && movedPorts(site.ports, next).length === 0
    const path = same ? sitePath : join(stateDir, 'site.yaml')
    if (!same) writeFileSync(path, site.moved(next, stateDir))
    return { gateway: await crew.start('gateway', [join(root, 'gateway', 'latchkey.js'), 'run', path]), path }
  }
  try {
    return await run(ports)
  } catch (error) {
    if (!isTaken(error)) throw error
    return run({ ...ports, api: 0 })
  }
}

/** Whether a port was taken between the check and the start. */
function isTaken(error: unknown): boolean {
  return String(error).includes('EADDRINUSE')
}

function movedPorts(wanted: Ports, real: Ports): string[] {
  return (Object.keys(placeNames) as Place[])
    .filter((name) => real[name] !== wanted[name])
    .map((name) => `port ${wanted[name]} was taken, so ${placeNames[name]} is on ${real[name]}`)
}

const placeNames: Readonly<Record<Place, string>> = {
  api: 'the API',
  platform: 'the booking platform',
  broker: 'the broker',
  booth: 'the spray booth',
  saw: 'the panel saw',
  sawMeter: 'the meter of the panel saw',
  instrument: 'the instrument',
}

function machineOf(id: string, protocol: string, child: Child): PlantMachine {
  return { id, protocol, control: String(child.ready.controlUrl) }
}

/** Makes the folder and locks it. However the process dies, the kernel releases the lock. */
function takeFolder(folder: string): () => void {
  const lock = openLock(folder)
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new FolderInUse(`another demo runs in ${folder}`, { cause })
  }
  return () => lock.close()
}

function openLock(folder: string): DatabaseSync {
  try {
    mkdirSync(join(folder, 'log'), { recursive: true, mode: 0o700 })
    return new DatabaseSync(join(folder, 'demo.lock'), { timeout: 0 })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${folder} cannot be written (${why}); name another with --state-dir`, { cause })
  }
}
