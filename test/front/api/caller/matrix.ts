/**
 * What is asked of every route: the routes from the description of the API, a thing of the caller's own and one of
 * somebody else's, and who calls.
 * Read next: role-table.ts (what has to come of it), roles.test.ts, principals.test.ts.
 */

import { readFileSync } from 'node:fs'
import { personOf } from '../../../../gateway/core/booking/override.ts'
import type { Command } from '../../../../gateway/core/command/command.ts'
import type { Outcome } from '../../../../gateway/core/command/outcome.ts'
import type { Role } from '../../../../gateway/core/permission/principal.ts'
import { SNAPSHOT } from '../../../../gateway/front/api/snapshot.ts'
import { type Bench, createBench } from '../bench.ts'
import { platformToken, revocationList, tenantToken } from '../credentials.ts'
import { boardRow, readByHand, session } from '../rows.ts'
import { machine } from '../site.ts'

export type Operation = {
  readonly path: string
  readonly method: string
  readonly operationId: string
  readonly security?: readonly unknown[]
  readonly 'x-roles'?: Partial<Record<Role, 'any' | 'own'>>
}

export const roles: readonly Role[] = ['platform', 'tenant', 'owner', 'technician', 'auditor']
const description = JSON.parse(readFileSync(SNAPSHOT, 'utf8')) as {
  paths: Record<string, Record<string, Omit<Operation, 'path' | 'method'>>>
}
export const operations: readonly Operation[] = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
)
export const versioned = operations.filter((operation) => operation.path.startsWith('/v1/'))
export const isPublic = ({ security }: Operation) => security?.length === 0
export const guarded = versioned.filter((operation) => !isPublic(operation))

/** A machine and a session there. */
export type Place = { readonly machine: string; readonly session: string }

/** `saw-1` and `mill-1` are of `huajian`, `press-1` is not; a use by `tenant-a` at the first, by `tenant-b` at all. */
export const sessions = {
  own: session(),
  override: session(),
  neighbour: session({ tenant: 'tenant-b', booking: 'b-9', use: [] }),
  sister: session({ machine: 'mill-1', tenant: 'tenant-b', booking: 'b-3' }),
  foreign: session({ machine: 'press-1', owner: 'other-owner', tenant: 'tenant-b', booking: 'b-2' }),
}

type Response = Awaited<ReturnType<Bench['app']['inject']>>

export type MatrixBench = Bench & {
  /** Who calls, as the Authorization header has it, by role. */
  readonly credentials: ReadonlyMap<Role, string>
  readonly overrideSession: string
  ask(operation: Operation, place: Place, authorization?: string, asPlatform?: boolean): Promise<Response>
}

export async function createMatrixBench(): Promise<MatrixBench> {
  const bench = await createBench((config) => ({
    ...config,
    machines: [...config.machines, machine('mill-1', 'huajian')],
  }))
  const technician = (await bench.addKey('technician', 'Wang')).key
  const credentials = new Map<Role, string>([
    ['platform', `Bearer ${await platformToken()}`],
    ['tenant', `Bearer ${await tenantToken()}`],
    ['owner', `Bearer ${(await bench.addKey('owner', 'Li', 'huajian')).key.text}`],
    ['technician', `Bearer ${technician.text}`],
    ['auditor', `Bearer ${(await bench.addKey('auditor', 'Chen')).key.text}`],
  ])
  const { own, neighbour, sister, foreign } = sessions
  const override = session({ tenant: personOf(technician.id), booking: 'override', override: true, use: [] })
  for (const each of [own, neighbour, sister, foreign, override]) {
    bench.commit({ kind: 'session', session: each })
    const at = { wallMs: 1, monoNs: '1', bootId: 'b', clock: 'synchronised' } as const
    const { id, machine: where } = each
    const entry = { kind: 'SessionEnded', version: 1, machine: where, session: id, at, data: {} } as const
    bench.commit({ kind: 'entry', entry })
  }
  bench.sign()
  bench.setBoard(...bench.config.machines.map(({ id }) => boardRow(id, { session: sessionAt(id) })))
  bench.answer(answerTo)
  return {
    ...bench,
    credentials,
    overrideSession: override.id,
    ask: async (operation, place, authorization, asPlatform = false) =>
      bench.app.inject({
        method: operation.method as 'GET',
        url: urlOf(operation, place),
        headers: authorization === undefined ? {} : { authorization },
        ...payloadOf(operation, asPlatform),
      }),
  }
}

const held = {
  ...{ machine: 'saw-1', startMs: 1, endMs: 2, limits: {} },
  ...({ status: 'held', source: 'push' } as const),
}

/** What the control thread would answer to what it is asked for. */
function answerTo(command: Command): Outcome {
  switch (command.kind) {
    case 'put-booking':
      return { kind: 'booking', created: true, booking: { ...command.booking, status: 'held', source: 'push' } }
    case 'hand-over':
      return { kind: 'booking', created: false, booking: { ...held, ...command.handOver } }
    case 'put-bookings':
      return { kind: 'bookings', version: command.version, put: 0, cancelled: 0, refused: [] }
    case 'accept':
      return { kind: 'recorded', id: 'a-1' }
    case 'trust':
      return { kind: 'trust', links: [] }
    case 'browse':
      return { kind: 'nodes', nodes: [] }
    case 'read-registers':
      return { kind: 'registers', blocks: [] }
    case 'put-block':
      return { kind: 'block', created: true, block: { ...command.block, by: 'x' } }
    case 'unlock':
    case 'override':
    case 'end':
    case 'resume':
    case 'extend':
      return { kind: 'session', session: sessions.own }
    case 'report':
    case 'correct':
    case 'propose-credit':
    case 'approve-credit':
    case 'manual-entry':
      return { kind: 'recorded', id: 'r-1' }
    case 'drill':
    case 'drill-view':
      return {
        kind: 'drill',
        drill: { machine: command.machine, state: 'running', by: 'wang', startedAtMs: 1, steps: [], sights: [] },
      }
    default:
      return { kind: 'done' }
  }
}

const sessionAt = (id: string) =>
  ({ 'saw-1': sessions.own.id, 'mill-1': sessions.sister.id })[id] ?? sessions.foreign.id

const times = { start: '2026-11-24T08:00:00Z', end: '2026-11-24T09:00:00Z' }
const list = await revocationList()
const bodies: Readonly<Record<string, object>> = {
  switchOver: { reason: 'an upgrade' },
  handleParked: { what: 'drop', reason: 'as agreed' },
  putBooking: { machine: 'saw-1', tenant: 'tenant-a', ...times, version: 1 },
  handOverBooking: { tenant: 'tenant-c', version: 2 },
  extendSession: { until: times.end },
  putBookings: { version: 1, bookings: [] },
  putRevocations: { list },
  issueStatement: { from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' },
  correct: { original: 0, reason: 'accepted', text: 'looked at' },
  enterByHand: readByHand,
  proposeCredit: { bill: 's-1', waive: true, reason: 'accepted', text: 'as agreed' },
  approveCredit: {},
  putBlock: { ...times, reason: 'own order' },
  setMaintenance: { on: true, reason: 'new belt' },
  beginDrill: { reason: 'as every year' },
  readRegisters: { link: 'bus', unit: 1, blocks: [{ table: 'holding', start: 0, count: 1 }] },
  acceptMachine: { reason: 'handed over', readings: [] },
  browseNodes: { link: 'saw' },
  changeTrust: { link: 'saw', what: 'renew', reason: 'it ends soon' },
  testReach: {},
  makeSubscription: {},
  makeProfile: {
    ...{ profile: 'press-meter', maker: 'ABB', model: 'B23' },
    signals: [
      {
        name: 'energy',
        table: 'holding',
        address: 4,
        type: 'u32',
        order: 'ABCD',
        scale: 0.01,
        offset: 0,
        counts: false,
      },
    ],
  },
  inspectMachine: { passed: true, note: 'clean, blade sharp' },
  answerSession: { answers: { clean: 'yes' } },
  doService: { text: 'filter changed' },
  makeReport: { severity: 'note', text: 'a scratch' },
  changeReport: { state: 'closed', text: 'mended' },
  overrideMachine: { reason: 'try the new belt' },
}

const queries: Readonly<Record<string, string>> = {
  streamEvents: '?from=999999',
  getQuote: '?from=2026-11-24T08:00:00Z&to=2026-11-24T09:00:00Z',
  getTimeline: '?from=2026-11-20T00:00:00Z&to=2026-11-24T00:00:00Z',
  getTimelineFile: '?from=2026-11-20T00:00:00Z&to=2026-11-24T00:00:00Z',
  getStatement: '?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z',
  getTrend: '?signal=main.power&span=hour',
  listCredits: '?bill=s-1',
  listMeterDays: '?from=2026-11-23&to=2026-11-23',
}

function payloadOf({ operationId }: Operation, asPlatform: boolean): { payload?: object } {
  if (operationId === 'unlockMachine') return { payload: asPlatform ? { booking: 'b-1' } : {} }
  const payload = bodies[operationId]
  return payload === undefined ? {} : { payload }
}

function urlOf({ path, operationId }: Operation, place: Place): string {
  const url = path
    .replace('/machines/{id}', `/machines/${place.machine}`)
    .replace('{block}', 'k-1')
    .replace('/sessions/{id}', `/sessions/${place.session}`)
    .replace('/bookings/{id}', '/bookings/b-1')
    .replace('/webhooks/{id}', '/webhooks/hook')
    .replace('/subscriptions/{id}', '/subscriptions/ab12')
    .replace('/sinks/{sink}', '/sinks/mqtt')
    .replace('{entry}', '7')
    .replace('/tenants/{id}', '/tenants/tenant-a')
    .replace('{machine}/{meter}', `${place.machine}/main.energy`)
    .replace('{hash}', 'ab'.repeat(32))
    .replace('{service}', 'filter')
    .replace('{report}', 'r-1')
    .replace('{photo}', 'ab'.repeat(32))
    .replace('/credits/{id}', '/credits/c-1')
    .replace('/bundle/{path}', '/bundle/000.p/1')
  return `${url}${queries[operationId] ?? ''}`
}

/**
 * What a caller gets who may, if it is not 200. The booking, the meter, the block and a tariff are not in this ledger,
 * the stream is asked for beyond the head, nothing can be applied here: past the policy all the same.
 */
const passing: Readonly<Record<string, number>> = {
  getBooking: 404,
  getExtension: 409,
  testWebhook: 404,
  listWebhookDeliveries: 404,
  handleParked: 404,
  switchOver: 202,
  streamEvents: 400,
  getQuote: 404,
  applyConfiguration: 404,
  getFiles: 404,
  getAcceptance: 404,
  testReach: 404,
  acceptMachine: 201,
  putBooking: 201,
  putBlock: 201,
  removeBlock: 204,
  cancelBooking: 204,
  setMaintenance: 204,
  beginDrill: 202,
  inspectMachine: 204,
  correct: 201,
  issueStatement: 201,
  getStatementFile: 404,
  getInvoices: 404,
  doService: 204,
  answerSession: 204,
  makeReport: 201,
  changeReport: 204,
  getPhoto: 404,
  proposeCredit: 201,
  approveCredit: 204,
  listCredits: 404,
  enterByHand: 201,
  eraseTenant: 204,
  makeSubscription: 201,
  revokeSubscription: 204,
}
export const statusOf = ({ operationId }: Operation) => passing[operationId] ?? 200
