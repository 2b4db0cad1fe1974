/**
 * One gateway of the fleet with its machines: how they change, what it says of that, and what is remembered of it. It
 * knows no connection: what it says goes to `say`, and while it is away its events wait.
 * Read next: machine.ts (chance), wire.ts (the connection), fleet.ts (who lets it live).
 */
import type { Chance } from './chance.ts'
import { type GatewayHistory, type MachineHistory, note, type Presence } from './history.ts'
import { changePlan, firstBookings, type Machine, nextBase, type ShownState, shownState } from './machine.ts'
import {
  aboutText,
  availabilityText,
  bookingData,
  changedData,
  eventText,
  startedData,
  statusText,
  topics,
} from './payloads.ts'

export type Message = Readonly<{ topic: string; payload: string; retain: boolean; expiryS?: number }>

export type Paces = Readonly<{
  heartbeatMs: number
  repeatMs: number
  /** Mean times: of a machine between two states, and between two changes of its plan. */
  changeMs: number
  planMs: number
}>

export type Site = {
  readonly name: string
  /** How far its clock is ahead. */
  readonly skewMs: number
  readonly machines: readonly SiteMachine[]
  readonly history: GatewayHistory
  presence: Presence
  nextSeq: number
  siteSeq: number | null
  beatAtMs: number
  /** Events that the broker has not taken yet. */
  readonly waiting: Set<Message>
}

type SiteMachine = {
  readonly machine: Machine
  readonly history: MachineHistory
  shown: ShownState
  plan: number
  repeatAtMs: number
}

export type Place = Readonly<{ kind: string; latitude: number; longitude: number }>

const EXPIRY_S = 180
/** A gateway whose broker is away for long forgets nothing; this one forgets the oldest. */
const MOST_WAITING = 10_000

export function newSite(
  name: string,
  places: readonly Place[],
  skewMs: number,
  chance: Chance,
  paces: Paces,
  nowMs: number,
): Site {
  const machines = places.map((place, index) => {
    const machine: Machine = {
      ...{ site: name, id: `m${index}`, ...place, base: nextBase(chance), lastSeq: null },
      bookings: firstBookings(chance, nowMs),
      changeAtMs: nowMs + chance.wait(paces.changeMs),
      planAtMs: nowMs + chance.wait(paces.planMs),
    }
    const history: MachineHistory = []
    const known: SiteMachine = { machine, history, shown: shownState(machine, nowMs + skewMs), plan: 0, repeatAtMs: 0 }
    remember(known, nowMs)
    return known
  })
  const site: Site = {
    ...{ name, skewMs, machines, history: [], presence: 'gone', nextSeq: 0, siteSeq: null },
    ...{ beatAtMs: 0, waiting: new Set() },
  }
  note(site.history, { atMs: nowMs, presence: 'gone' })
  return site
}

/** What is retained of it, and that it is there: on every connection. */
export function birth(site: Site, paces: Paces, nowMs: number): Message[] {
  const state = site.machines.flatMap((known) => [
    { topic: topics.of(known.machine, 'about'), payload: aboutText(known.machine), retain: true },
    availability(site, known, paces, nowMs),
  ])
  return [...state, beat(site, paces, nowMs), ...site.waiting]
}

export function will({ name }: Site): Message {
  return { topic: topics.status(name), payload: statusText(name, false), retain: true }
}

export function farewell({ name, skewMs }: Site, nowMs: number): Message {
  return { topic: topics.status(name), payload: statusText(name, false, nowMs + skewMs), retain: true }
}

/** It began again: it says so in its log. */
export function started(site: Site, nowMs: number): void {
  const event = { seq: site.nextSeq++, prevSeq: site.siteSeq, kind: 'GatewayStarted', data: startedData }
  site.siteSeq = event.seq
  wait(site, {
    topic: topics.siteEvents(site.name),
    payload: eventText(site.name, undefined, event, nowMs + site.skewMs),
    retain: false,
  })
}

/** Lets time pass. What it says is for the broker, if it is there. */
export function live(site: Site, paces: Paces, chance: Chance, nowMs: number): Message[] {
  const said: Message[] = []
  for (const known of site.machines) {
    const { machine } = known
    if (machine.planAtMs <= nowMs) {
      machine.planAtMs = nowMs + chance.wait(paces.planMs)
      said.push(...replan(site, known, chance, nowMs))
    }
    if (machine.changeAtMs <= nowMs) {
      machine.changeAtMs = nowMs + chance.wait(paces.changeMs)
      machine.base = nextBase(chance)
    }
    const shown = shownState(machine, nowMs + site.skewMs)
    if (shown !== known.shown) {
      const data = changedData(machine, known.shown, shown)
      known.shown = shown
      remember(known, nowMs)
      said.push(availability(site, known, paces, nowMs), tell(site, machine, 'AvailabilityChanged', data, nowMs))
    } else if (known.repeatAtMs <= nowMs) said.push(availability(site, known, paces, nowMs))
  }
  if (site.beatAtMs <= nowMs) said.push(beat(site, paces, nowMs))
  return said
}

export function become(site: Site, presence: Presence, nowMs: number): void {
  site.presence = presence
  note(site.history, { atMs: nowMs, presence })
}

function replan(site: Site, known: SiteMachine, chance: Chance, nowMs: number): Message[] {
  const { machine } = known
  const change = changePlan(chance, machine, nowMs)
  if (change === undefined) return []
  machine.bookings = change.bookings
  known.plan += 1
  remember(known, nowMs)
  return [tell(site, machine, change.kind, bookingData(change.kind, change.booking), nowMs)]
}

function remember({ machine, history, shown, plan }: SiteMachine, nowMs: number): void {
  note(history, { atMs: nowMs, state: shown, plan, bookings: machine.bookings })
}

function tell(site: Site, machine: Machine, kind: string, data: object, nowMs: number): Message {
  const event = { seq: site.nextSeq++, prevSeq: machine.lastSeq, kind, data }
  machine.lastSeq = event.seq
  const payload = eventText(site.name, machine.id, event, nowMs + site.skewMs)
  return wait(site, { topic: topics.of(machine, 'events'), payload, retain: false })
}

function wait({ waiting }: Site, message: Message): Message {
  waiting.add(message)
  const [oldest] = waiting.size > MOST_WAITING ? waiting : []
  if (oldest !== undefined) waiting.delete(oldest)
  return message
}

function availability({ skewMs }: Site, known: SiteMachine, { repeatMs }: Paces, nowMs: number): Message {
  known.repeatAtMs = nowMs + repeatMs
  const { machine } = known
  const payload = availabilityText(machine, nowMs + skewMs)
  return { topic: topics.of(machine, 'availability'), payload, retain: true, expiryS: EXPIRY_S }
}

function beat(site: Site, { heartbeatMs }: Paces, nowMs: number): Message {
  site.beatAtMs = nowMs + heartbeatMs
  return { topic: topics.status(site.name), payload: statusText(site.name, true, nowMs + site.skewMs), retain: true }
}
