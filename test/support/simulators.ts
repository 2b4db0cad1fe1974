/**
 * The simulator programs as processes: started on ports that stay theirs over a kill, judged, operated, broken, frozen.
 * What they say of themselves is simulators/README.md. Read next: gateway-plant.ts.
 */
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { startProcess, type TestProcess } from './process.ts'
import type { Scope } from './proof.ts'

const root = new URL('../..', import.meta.url).pathname

export type MachineKind =
  | 'spray-booth'
  | 'panel-saw'
  | 'instrument'
  | 'edge-bander'
  | 'edge-bander-opcua'
  | 'edge-bander-coil'

/** One program behind three profiles: its I/O module with a watchdog, on OPC UA, and without. */
const programOf = (kind: MachineKind) => (kind.startsWith('edge-bander') ? 'edge-bander' : kind)

export type Edge = {
  readonly atMs: number
  readonly on: boolean
  readonly cause: string
  readonly token: number
}

/** A write request as it came; a torn one has fewer words. */
export type WriteFrame = { readonly atMs: number; readonly words: readonly number[]; readonly outcome: string }

/** What really happened at a machine. Times are monotonic ms. */
export type Judge = {
  readonly atMs: number
  readonly state: string
  readonly producedUnits: number
  readonly partCounter: number
  readonly energyWh: string
  readonly startPermission: boolean
  readonly cycleRunning: boolean
  readonly outputEdges: readonly Edge[]
  readonly accepted: readonly { readonly atMs: number; readonly command: number; readonly token: number }[]
  readonly enables: number
  readonly heartbeats: number
  readonly writeFrames: { readonly count: number; readonly last: readonly WriteFrame[] }
  readonly lease: {
    readonly state: string
    readonly ownerToken: number
    readonly highestToken: number
    readonly bootId: number
  }
}

/** The command word of an enable in the lease block. */
export const ENABLE = 1

export type MachineSimulator = {
  readonly kind: MachineKind
  readonly modbusPort: number
  readonly opcuaPort: number
  readonly controlUrl: string
  judge(): Promise<Judge>
  /** One act of the person at the machine, e.g. `{ autoStart: true }`. */
  operate(act: Readonly<Record<string, unknown>>): Promise<void>
  fault(fault: Readonly<Record<string, unknown>> & { readonly kind: string }): Promise<void>
  /** One act at the I/O module of an edge bander, e.g. `{ watchdogMs: 0 }`; `{ write: true }` is a stranger's. */
  module(act: Readonly<Record<string, unknown>>): Promise<void>
  freeze(): Promise<void>
  thaw(): void
  /** SIGKILL. */
  kill(): Promise<void>
  /** Again, on the same ports and with what survives a restart. */
  start(): Promise<void>
}

export type MachineSimulatorOptions = {
  readonly name: string
  readonly cycleMs?: number
  readonly autoStart?: boolean
  /** Folder for what it keeps without power; that of the scope without it. */
  readonly keptIn?: string
  /** Another program that shows the same machine, and what it is told besides. */
  readonly program?: { readonly file: string; readonly args: readonly string[] }
}

export async function startMachine(
  scope: Scope,
  kind: MachineKind,
  { name, cycleMs = 1000, autoStart = false, keptIn = scope.folder, program }: MachineSimulatorOptions,
): Promise<MachineSimulator> {
  const controlPort = await freePort()
  const modbusPort = kind === 'instrument' || kind === 'edge-bander-opcua' ? 0 : await freePort()
  const opcuaPort = ['spray-booth', 'edge-bander', 'edge-bander-coil'].includes(kind) ? 0 : await freePort()
  const controlUrl = `http://127.0.0.1:${controlPort}`
  const args = [
    ...['--state-dir', join(keptIn, name)],
    ...['--control-port', String(controlPort)],
    ...(modbusPort === 0 ? [] : ['--modbus-port', String(modbusPort)]),
    ...(opcuaPort === 0 ? [] : ['--opcua-port', String(opcuaPort)]),
    ...['--cycle-ms', String(cycleMs)],
    ...(autoStart ? ['--auto-start'] : []),
    ...(kind === 'edge-bander-coil' ? ['--watchdog-ms', '0'] : []),
    ...(program?.args ?? []),
  ]
  let running: TestProcess
  const start = async () => {
    running = startSimulator(program?.file ?? fileOf(programOf(kind)), args)
    await running.ready()
  }
  scope.defer(() => running?.kill())
  await start()
  return {
    kind,
    modbusPort,
    opcuaPort,
    controlUrl,
    judge: async () => (await ask(`${controlUrl}/judge`, 'GET')) as Judge,
    operate: async (act) => void (await ask(`${controlUrl}/operator`, 'POST', act)),
    fault: async (fault) => void (await ask(`${controlUrl}/fault`, 'POST', fault)),
    module: async (act) => void (await ask(`${controlUrl}/module`, 'POST', act)),
    freeze: () => running.freeze(),
    thaw: () => running.thaw(),
    kill: () => running.kill(),
    start,
  }
}

export type BookingClaims = {
  readonly booking: string
  readonly tenant: string
  readonly machine: string
  readonly start: string
  readonly end: string
}

export type Platform = {
  readonly url: string
  readonly issuer: string
  readonly audience: string
  readonly jwks: string
  /** A tenant's token; each is a new one. */
  token(claims: BookingClaims & Readonly<Record<string, unknown>>): Promise<string>
  forge(kind: string, claims: BookingClaims): Promise<string>
  /** A signed list of what is taken back; `iat` is seconds since 1970. */
  revocations(list: Readonly<Record<string, unknown>>): Promise<string>
  /** A token of the platform itself, good for minutes. */
  serviceToken(): Promise<string>
  /** Pushes a booking to the gateway; its status and answer. */
  putBooking(booking: Readonly<Record<string, unknown>>): Promise<{ status: number; body: unknown }>
  cancelBooking(id: string): Promise<{ status: number; body: unknown }>
  /** SIGKILL. */
  kill(): Promise<void>
  /** Again, on the same port and with what it kept. */
  start(): Promise<void>
}

/** With `feed` it pushes nothing: its bookings are at `/bookings`, for whoever brings this token. */
export async function startPlatform(
  scope: Scope,
  audience: string,
  gatewayUrl: string,
  feed?: string,
  port?: number,
): Promise<Platform> {
  const args = [
    ...['--port', String(port ?? (await freePort())), '--audience', audience, '--gateway', gatewayUrl],
    ...['--state-dir', join(scope.folder, 'platform')],
    ...(feed === undefined ? [] : ['--feed', '--feed-token', feed]),
  ]
  let running = startSimulator(fileOf('platform'), args)
  scope.defer(() => running.kill())
  const { url, issuer, jwks } = await running.ready<{ url: string; issuer: string; jwks: string }>()
  const token = async (path: string, body: unknown) =>
    ((await ask(`${url}${path}`, 'POST', body)) as { token: string }).token
  const relayed = async (method: string, path: string, body?: unknown) =>
    (await ask(`${url}${path}`, method, body, true)) as { status: number; body: unknown }
  let service: { token: string; untilMs: number } | undefined
  return {
    url,
    issuer,
    audience,
    jwks,
    token: (claims) => token('/tokens', claims),
    forge: (kind, claims) => token('/forge', { kind, ...claims }),
    revocations: async (list) => ((await ask(`${url}/revocations`, 'POST', list)) as { list: string }).list,
    async serviceToken() {
      if (service === undefined || nowIsPast(service.untilMs))
        service = { token: await token('/service-token', {}), untilMs: Date.now() + 120_000 }
      return service.token
    },
    putBooking: (booking) => relayed('POST', '/bookings', booking),
    cancelBooking: (id) => relayed('DELETE', `/bookings/${id}`),
    async kill() {
      await running.kill()
    },
    async start() {
      running = startSimulator(fileOf('platform'), args)
      await running.ready()
    },
  }
}

/** A booking of one hour that holds now. */
export function bookingNow(booking: string, machine: string, tenant = 'acme'): BookingClaims {
  const now = Date.now()
  const start = new Date(now - 60_000).toISOString()
  return { booking, machine, tenant, start, end: new Date(now + 3_600_000).toISOString() }
}

const nowIsPast = (ms: number) => Date.now() >= ms

const fileOf = (program: string) => join(root, 'simulators', `${program}.ts`)

function startSimulator(file: string, args: readonly string[]): TestProcess {
  return startProcess(process.execPath, [file, ...args], { cwd: root })
}

/**
 * Anything but a success fails, unless it is wanted. On a connection of its own: a test that held its thread for long
 * finds the one it had closed.
 */
async function ask(url: string, method: string, body?: unknown, anyStatus = false): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { connection: 'close' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  })
  const text = await response.text()
  if (!response.ok && !anyStatus) throw new Error(`${method} ${url}: ${response.status} ${text}`)
  return JSON.parse(text)
}
