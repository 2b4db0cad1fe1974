/**
 * A whole shop floor in processes: machines, a booking platform, and the gateway that serves them. Everything ends with
 * the scope it was started in. Read next: simulators.ts, gateway.ts, gateway-api.ts.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { addKey, type KeysOptions } from '../../gateway/cli/keys.ts'
import { makeCertificate } from './certificate.ts'
import { createGateway, type Gateway, type StartedBy } from './gateway.ts'
import { type Api, createApi } from './gateway-api.ts'
import { ownerOf, type SiteMachine, type SiteOptions, siteText, unitMeter } from './gateway-site.ts'
import { freePort } from './ports.ts'
import type { Scope } from './proof.ts'
import {
  type BookingClaims,
  bookingNow,
  type MachineKind,
  type MachineSimulator,
  type Platform,
  startMachine,
  startPlatform,
} from './simulators.ts'

export type PlantMachine = SiteMachine & {
  /** The booking that holds now and for an hour; it may be used again and again. */
  readonly booking: BookingClaims
  /** A fresh token for that booking. */
  token(): Promise<string>
  /** `machine/alias.name` of what counts its units. */
  readonly unitMeter: string
}

export type PlantOptions = Pick<
  SiteOptions,
  | 'issuers'
  | 'tariffs'
  | 'webhooks'
  | 'mqtt'
  | 'sparkplug'
  | 'influx'
  | 'bounds'
  | 'bookings'
  | 'more'
  | 'api'
  | 'plan'
  | 'beside'
> &
  StartedBy & {
    /** Keys of people, by a name of the test's own. */
    readonly people?: Readonly<Record<string, KeysOptions>>
    /** Machines nobody is let in to at the start. */
    readonly closed?: readonly string[]
    /** Bookings are pulled from the platform; members of `bookings.source` beside the address. */
    readonly feed?: Readonly<Record<string, unknown>>
    /** One word for folders, topics and the ledger. */
    readonly site: string
    /** Machines by kind, named `booth-1`, `saw-1`, `instrument-1` and so on. */
    readonly machines: Readonly<Partial<Record<MachineKind, number>>>
    /** The API has a certificate, which this process and those that it starts trust from then on. */
    readonly tls?: { readonly http2: boolean }
    readonly cycleMs?: number
    readonly autoStart?: boolean
    /** Of every machine: see simulators.ts. */
    readonly program?: { readonly file: string; readonly args: readonly string[] }
    /** Folder for what the machines keep without power; that of the scope without it. */
    readonly keptIn?: string
    /** Of each interlock, where a start may take longer than the default. */
    readonly lease?: string
    /** Before the gateway is started: its ledger, which is not there yet. */
    readonly prepare?: (ledgerPath: string) => void
  }

export type Plant = {
  readonly site: string
  readonly dataDir: string
  readonly platform: Platform
  readonly gateway: Gateway
  readonly api: Api
  /** Key of an auditor. */
  readonly auditor: string
  /** A key of `people`. */
  key(name: string): string
  readonly machines: readonly PlantMachine[]
  machine(id: string): PlantMachine
}

/** What the feed asks for, and how the site file names it. */
const FEED_TOKEN = 'feed-token-of-a-trial'
const FEED_ENV = '$' + '{env:LATCHKEY_TRIAL_FEED}'
process.env.LATCHKEY_TRIAL_FEED = FEED_TOKEN

const names = {
  'spray-booth': 'booth',
  'panel-saw': 'saw',
  instrument: 'instrument',
  'edge-bander': 'bander',
  'edge-bander-opcua': 'bander-opcua',
  'edge-bander-coil': 'bander-coil',
} as const

/** Starts the machines and the platform; the gateway is started too, and every machine is read. */
export async function startPlant(scope: Scope, options: PlantOptions): Promise<Plant> {
  const { site, mqtt, influx, bounds, more, feed } = options
  const port = await freePort()
  const tls = options.tls && trusted(scope, options.tls)
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  const dataDir = join(scope.folder, `${site}-data`)
  const wanted = (Object.entries(options.machines) as [MachineKind, number][]).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, index) => ({ kind, id: `${names[kind]}-${index + 1}` })),
  )
  const [platform, key, ...simulators] = await Promise.all([
    startPlatform(scope, `latchkey:${site}`, url, feed && FEED_TOKEN),
    addKey(dataDir, { role: 'auditor', name: 'trial' }, [], Date.now()),
    ...wanted.map(({ kind, id }) => startMachine(scope, kind, { ...options, name: `${site}-${id}` })),
  ])
  const machines = wanted.map(({ id }, index) => plantMachine(id, simulators[index]!, platform, options.lease))
  const source = feed && { source: { pull: `${platform.url}/bookings`, token: FEED_ENV, ...feed } }
  const bookings = source || options.bookings ? { ...options.bookings, ...source } : undefined
  const text = siteText({
    site,
    dataDir,
    port,
    platform,
    machines,
    ...(mqtt === undefined ? {} : { mqtt }),
    ...(options.sparkplug === undefined ? {} : { sparkplug: options.sparkplug }),
    ...(influx === undefined ? {} : { influx }),
    ...(bounds === undefined ? {} : { bounds }),
    ...(options.tariffs === undefined ? {} : { tariffs: options.tariffs }),
    ...(options.webhooks === undefined ? {} : { webhooks: options.webhooks }),
    ...(options.issuers === undefined ? {} : { issuers: options.issuers }),
    ...(more === undefined ? {} : { more }),
    ...(options.api === undefined && tls === undefined ? {} : { api: { ...options.api, ...(tls && { tls }) } }),
    ...(options.plan === undefined ? {} : { plan: options.plan }),
    ...(options.beside === undefined ? {} : { beside: options.beside }),
    ...(bookings === undefined ? {} : { bookings }),
  })
  const keys = new Map<string, string>()
  const owned = machines.map(({ id, simulator }) => ({ id, owner: ownerOf(simulator.kind) }))
  for (const [name, person] of Object.entries(options.people ?? {}))
    keys.set(name, (await addKey(dataDir, person, owned, Date.now())).text)
  options.prepare?.(join(dataDir, 'ledger.sqlite'))
  const gateway = createGateway(scope, site, text, options)
  const api = createApi(url, { platform: platform.serviceToken, auditor: key.text })
  await gateway.start()
  const machine = (id: string) => {
    const one = machines.find((each) => each.id === id)
    if (one === undefined) throw new Error(`there is no ${id}`)
    return one
  }
  const keyOf = (name: string) => {
    const text = keys.get(name)
    if (text === undefined) throw new Error(`nobody is called ${name}`)
    return text
  }
  const plant: Plant = { site, dataDir, platform, gateway, api, auditor: key.text, key: keyOf, machines, machine }
  const isUp = (id: string) =>
    options.closed?.includes(id)
      ? api.untilMachine(id, ({ availability }) => availability.state !== 'Unknown', 20_000)
      : api.untilAvailable(id, 20_000)
  await Promise.all(machines.map(({ id }) => isUp(id)))
  return plant
}

function trusted({ folder }: Scope, more: NonNullable<PlantOptions['tls']>) {
  const made = makeCertificate('gateway')
  const [cert, key] = [join(folder, 'api.pem'), join(folder, 'api.key')]
  writeFileSync(cert, made.cert)
  writeFileSync(key, made.key, { mode: 0o600 })
  setDefaultCACertificates([...getCACertificates('default'), made.cert])
  process.env.NODE_EXTRA_CA_CERTS = cert
  return { cert, key, ...more }
}

function plantMachine(id: string, simulator: MachineSimulator, platform: Platform, lease?: string): PlantMachine {
  const booking = bookingNow(`use-${id}`, id)
  const machine: SiteMachine = { id, simulator, ...(lease === undefined ? {} : { lease }) }
  return { ...machine, booking, token: () => platform.token(booking), unitMeter: unitMeter(machine) }
}
