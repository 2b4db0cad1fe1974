/**
 * A machine as it is shown: what is free, until when, and why not. Never the occupant: the open session is named to its
 * tenant and to technicians only.
 * Read next: machines.ts (the routes), core/machine/availability.ts (the rules).
 */
import Type, { type Static } from 'typebox'
import type { BoardRow } from '../../../core/board/message.ts'
import type { MachineConfig } from '../../../core/ground/config.ts'
import { clockStates } from '../../../core/ground/entry.ts'
import { isFailSafe } from '../../../core/interlock/interlock.ts'
import type { AccessWord } from '../../../core/machine/access-state.ts'
import type { AvailabilityState } from '../../../core/machine/availability.ts'
import { isWithinKey } from '../../../core/permission/permission.ts'
import type { Principal } from '../../../core/permission/principal.ts'
import type { Api } from '../api.ts'
import { unknownRow } from '../board.ts'
import { shownInstant, toInstant } from '../http/instant.ts'
import { words } from '../http/schema.ts'

/** Shown with a machine that no board has named yet. */
const FALLBACK_MAX_AGE_MS = 3_000

const availabilityStates = [
  'Available',
  'Reserved',
  'Preparing',
  'InUse',
  'Finishing',
  'ToCheck',
  'Blocked',
  'OutOfOrder',
  'Unknown',
] as const satisfies readonly AvailabilityState[]
const accessStates = [
  'Locked',
  'Unlocking',
  'Unlocked',
  'Suspended',
  'Finishing',
  'Unconfirmed',
  'Foreign',
  'Unknown',
] as const satisfies readonly AccessWord[]

export const machineSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.Record(Type.String(), Type.String(), { description: 'By language.' }),
    title: Type.Optional(
      Type.String({ description: 'The name in the language of `lang`, or in the nearest that there is.' }),
    ),
    owner: Type.String({ description: 'Who owns it.' }),
    kind: Type.Optional(Type.String({ description: 'What it is, as the site groups machines.' })),
    capabilities: Type.Optional(Type.Array(Type.String(), { description: 'What it can do, as the site names it.' })),
    location: Type.Optional(
      Type.Object(
        {
          name: Type.Optional(Type.String({ description: 'For people.' })),
          latitude: Type.Optional(Type.Number({ description: 'Degrees north, WGS 84.' })),
          longitude: Type.Optional(Type.Number({ description: 'Degrees east.' })),
        },
        { description: 'Where it stands.' },
      ),
    ),
    documents: Type.Optional(
      Type.Array(Type.Object({ title: Type.String(), url: Type.String() }), {
        description: 'What a tenant should read.',
      }),
    ),
    simulated: Type.Boolean({ description: 'No real machine; never billable.' }),
    availability: Type.Object({
      state: words(availabilityStates, 'Derived by ordered rules; Unknown whenever the gateway does not know.'),
      reason: Type.Optional(Type.String({ description: 'A stable word: why it is not Available.' })),
      detail: Type.Optional(Type.String({ description: 'In words, where the reason alone does not say what to do.' })),
      freeAt: Type.Optional(
        shownInstant('When it is expected to be free, the clean-down counted in; absent: nobody knows.'),
      ),
      freeUntil: Type.Optional(
        shownInstant('Until when it is free, less the clean-down for the next; absent: no booking is known.'),
      ),
      asOf: Type.Optional(shownInstant('Oldest reading this rests on; after a 304 the `Date` of that answer counts.')),
      clock: Type.Optional(words(clockStates, 'How far the times are to be trusted.')),
      maxAgeMs: Type.Integer({ description: 'Once `asOf` is older than this, take the state for Unknown.' }),
    }),
    itemState: words(
      ['NotAvailable', 'OutOfService', 'NotExecuting', 'Executing', 'Unknown'] as const,
      'OPC 40001-1 MachineryItemState.',
    ),
    mode: words(
      ['None', 'Maintenance', 'Setup', 'Processing', 'Unknown'] as const,
      'OPC 40001-1 MachineryOperationMode.',
    ),
    access: words(accessStates, 'What the gateway knows of the permission to start.'),
    failSafe: Type.Optional(
      Type.Boolean({
        description: 'Losing the gateway locks it. false: it stays as it is. Absent: it is never unlocked.',
      }),
    ),
    commissioning: Type.Optional(
      Type.Object(
        {
          state: words(
            ['commissioned', 'never', 'failed', 'expired', 'changed'] as const,
            'Whether it has been shown to lock itself, as it is configured now; tenants are let in only then.',
          ),
          due: Type.Optional(shownInstant('By when the drill has to be repeated.')),
        },
        { description: 'Absent: it is never unlocked, or nothing is known yet.' },
      ),
    ),
    session: Type.Optional(Type.String({ description: 'Open session; only for its tenant and for technicians.' })),
    safetyRelevant: Type.Literal(false, { description: 'Locked never means safe to service: lock out and tag out.' }),
  },
  { title: 'Machine' },
)
type MachineView = Static<typeof machineSchema>

/** `session`: the open one, where the caller may see it. `title`: its name in the language that is wanted. */
export function toMachine(
  machine: MachineConfig,
  known: BoardRow | undefined,
  isFresh: boolean,
  session: string | undefined,
  title: string | undefined,
): MachineView {
  const row = known === undefined || isFresh ? known : unknownRow(known)
  return {
    id: machine.id,
    name: { ...machine.name },
    ...(title === undefined ? {} : { title }),
    owner: machine.owner,
    ...(machine.kind === undefined ? {} : { kind: machine.kind }),
    ...toAbout(machine),
    simulated: machine.simulated,
    availability: toAvailability(row),
    itemState: row?.itemState ?? 'Unknown',
    mode: row?.mode ?? 'Unknown',
    access: row?.access ?? 'Unknown',
    ...(machine.interlock ? { failSafe: isFailSafe(machine.interlock) } : {}),
    ...(machine.interlock && row ? { commissioning: toCommissioning(row) } : {}),
    ...(session === undefined ? {} : { session }),
    safetyRelevant: false,
  }
}

function toAbout({ about }: MachineConfig): Pick<MachineView, 'capabilities' | 'location' | 'documents'> {
  const { capabilities, location, documents } = about ?? {}
  return {
    ...(capabilities && { capabilities: [...capabilities] }),
    ...(location && { location }),
    ...(documents && { documents: [...documents] }),
  }
}

function toCommissioning({ commissioning }: BoardRow): NonNullable<MachineView['commissioning']> {
  const { kind: state } = commissioning
  return commissioning.kind === 'commissioned' && commissioning.dueMs !== undefined
    ? { state, due: toInstant(commissioning.dueMs) }
    : { state }
}

function toAvailability(row: BoardRow | undefined): MachineView['availability'] {
  if (row === undefined) return { state: 'Unknown', reason: 'stale:board', maxAgeMs: FALLBACK_MAX_AGE_MS }
  const { state, reason, detail, freeAtMs, freeUntilMs } = row.availability
  return {
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
    ...(freeAtMs === undefined ? {} : { freeAt: toInstant(freeAtMs) }),
    ...(freeUntilMs === undefined ? {} : { freeUntil: toInstant(freeUntilMs) }),
    // 0 says that a required signal was never read.
    ...(row.asOfMs === 0 ? {} : { asOf: toInstant(row.asOfMs) }),
    clock: row.clock,
    maxAgeMs: row.maxAgeMs,
  }
}

export function visibleSession(row: BoardRow, api: Api, principal: Principal): string | undefined {
  if (row.session === undefined || !isWithinKey(principal, row.machine)) return undefined
  if (principal.role === 'technician') return row.session
  if (principal.role !== 'tenant') return undefined
  return api.reader.session(row.session)?.tenant === principal.id ? row.session : undefined
}
