/**
 * The MQTT topics and what goes out on each, as closed schemas. The names of topics come from front/sinks/topics.ts;
 * a test holds every message of a running gateway against a row of this table.
 * Read next: entries.ts (the `data` of an event), front/sinks/payload.ts (which makes them), asyncapi.ts (the same for
 * programs).
 */
import Type, { type TSchema } from 'typebox'
import { entryKinds } from '../core/ground/entry.ts'
import { createTopics } from '../front/sinks/topics.ts'
import { count, either, flag, instant, list, maybe, members, meter, only, text, unit, whole, word } from './parts.ts'
import * as words from './words.ts'

const site = text('Site.')
const machine = text('Machine.')
const at = (what: string) => instant(what)
const clock = (what: string) => word('clock', words.clocks, what)

export const payloads = {
  status: members({
    site,
    online: flag('Whether the gateway is there.'),
    at: maybe(at('When it said so; absent in the will.')),
    asOf: maybe(at('All that is retained of its machines held then; absent when it is not there.')),
  }),
  checkpoint: text('A signed note, as text: see ledger/evidence/FORMAT.md.'),
  superseded: list(text('A note of a log before, signed by its keys: it may go on elsewhere.'), 'Newest first.'),
  event: members({
    seq: whole('Sequence in the ledger.'),
    prevSeq: either(whole(''), Type.Null(), 'Sequence of the entry before it on this topic.'),
    kind: word('entries', entryKinds, 'What happened.'),
    v: only(1, 'Version of `data`.'),
    site,
    machine: maybe(machine),
    session: maybe(text('Session.')),
    simulated: maybe(only(true, 'Of a simulated machine: never billable.')),
    at: at('When, by the wall clock.'),
    clock: clock('How far `at` is to be trusted.'),
    data: Type.Unsafe<object>({ type: 'object', description: 'By kind, see below.' }),
  }),
  about: members({
    site,
    machine,
    gateway: whole('`fencingId` of its gateway.'),
    status: text('Topic on which its gateway says that it is there.'),
    name: Type.Record(Type.String(), Type.String(), { description: 'Names by language, BCP 47.' }),
    kind: maybe(text('What it is, as the site groups machines.')),
    capabilities: maybe(list(Type.String(), 'What it can do, as the site names it.')),
    location: maybe(
      members({
        name: maybe(text('For people.')),
        latitude: maybe(Type.Number({ description: 'Degrees north, WGS 84.' })),
        longitude: maybe(Type.Number({ description: 'Degrees east.' })),
      }),
    ),
    contact: maybe(text('Whom to ask.')),
    owner: text('Who owns it.'),
    simulated: flag('No real machine.'),
    devices: list(
      members({
        alias: text('Name in the site file.'),
        profile: text('Its model.'),
        certainty: maybe(
          Type.Enum(['A', 'M', 'B', 'C'], {
            description:
              'How sure the addresses of the profile are: manual and a second source, the manual, two sources, one.',
          }),
        ),
      }),
      'What it is made of.',
    ),
    meters: list(
      members({
        meter,
        kind: Type.Enum(['register', 'duration', 'edges', 'integral'], { description: 'How it counts.' }),
        unit,
        title: maybe(text('For people.')),
        titles: maybe(
          Type.Record(Type.String(), Type.String(), { description: 'The title in other languages, BCP 47.' }),
        ),
      }),
      'What it counts.',
    ),
    interlock: maybe(
      Type.Enum(['lease', 'watchdog', 'coil'], { description: 'How it is locked; absent: it is never unlocked.' }),
    ),
    failSafe: maybe(flag('Whether losing the gateway locks it; absent when it is never unlocked.')),
    requires: maybe(list(Type.String(), 'Qualifications that a tenant needs.')),
    tariff: maybe(text('Tariff of uses whose booking names none, `name@version`.')),
    manual: maybe(text('Where its manual is.')),
    documents: maybe(
      list(members({ title: text('For people.'), url: text('Where it is.') }), 'What a tenant should read.'),
    ),
  }),
  availability: members({
    site,
    machine,
    state: word('availabilityState', words.availabilityStates, 'What others may expect.'),
    reason: maybe(text('Why: see the words of a reason.')),
    freeAt: maybe(at('When it is expected to be free.')),
    freeUntil: maybe(at('Until when it is free; absent when nothing is planned.')),
    itemState: word('itemState', words.itemStates, 'What it does.'),
    mode: word('mode', words.modes, 'Its mode.'),
    access: word('access', words.accessWords, 'Who may start it.'),
    asOf: at('When the oldest reading it rests on was taken, at the time this was sent.'),
    clock: clock('How far the clock of the gateway is to be trusted.'),
    maxAgeMs: whole('How old the newer of `asOf` and the `asOf` of the status may be; older means Unknown.'),
    simulated: flag('Of a simulated machine.'),
    failSafe: maybe(flag('Whether losing the gateway locks it; absent when it cannot be unlocked from here.')),
  }),
  meter: members({
    meter,
    unit,
    total: count('Units since the first reading ever.'),
    epoch: whole('Epoch of the counter.'),
    raw: maybe(count('The counter as the device holds it; registers only.')),
    at: at('When it was read.'),
    clock: maybe(clock('How far the clock of the gateway is to be trusted.')),
  }),
  signals: members({
    machine,
    at: at('The newest time in it.'),
    values: list(
      members({
        id: text('`machine/alias.name`.'),
        value: maybe(
          Type.Union([Type.Number(), Type.Boolean(), Type.String()], {
            description: 'Absent when it is bad. A number that a double cannot hold exactly is text.',
          }),
        ),
        unit: maybe(text('Unit of the profile.')),
        quality: word('quality', words.qualities, 'How good it is.'),
        at: at('When it was read.'),
      }),
      'At most 1,000.',
    ),
  }),
} satisfies Record<string, TSchema>

export type PayloadName = keyof typeof payloads

export type TopicRow = {
  /** Of the operation of AsyncAPI. */
  readonly name: string
  readonly topic: string
  readonly payload: PayloadName
  readonly qos: 0 | 1
  readonly retain: boolean
  /** With MQTT 5, and the options as they are by default. */
  readonly expiryS?: number
  readonly what: string
}

export function topicRows(): readonly TopicRow[] {
  const topics = createTopics('site', 0)
  const retained = { qos: 1, retain: true } as const
  const event = { payload: 'event', qos: 1, retain: false } as const
  return [
    {
      name: 'status',
      topic: topics.status,
      payload: 'status',
      ...retained,
      what: 'is the gateway there; its will; every `mqtt.heartbeat`',
    },
    {
      name: 'checkpoint',
      topic: topics.checkpoint,
      payload: 'checkpoint',
      ...retained,
      what: 'the newest signed tree head',
    },
    {
      name: 'checkpointProbe',
      topic: topics.checkpoint,
      ...{ payload: 'checkpoint', qos: 1, retain: false },
      what: 'on connecting: the gateway looks whether the topic comes back; its own newest tree head, or empty',
    },
    {
      name: 'superseded',
      topic: topics.superseded,
      ...{ payload: 'superseded', ...retained },
      what: 'after a restore: whose place this gateway has taken; a box that finds a word of its own log unlocks nothing',
    },
    { name: 'siteEvents', topic: topics.siteEvents, ...event, what: 'entries without a machine' },
    {
      name: 'about',
      topic: topics.about('machine'),
      payload: 'about',
      ...retained,
      what: 'what it is; on connecting, and when the configuration changes',
    },
    {
      name: 'availability',
      topic: topics.availability('machine'),
      payload: 'availability',
      ...retained,
      expiryS: 180,
      what: 'on each change, and every `mqtt.repeat`; with MQTT 5 it expires after three of them',
    },
    { name: 'events', topic: topics.events('machine'), ...event, what: 'entries, a chain by `prevSeq`' },
    {
      name: 'meter',
      topic: topics.meter('machine/alias.name'),
      payload: 'meter',
      ...retained,
      what: 'when it has counted, at most every 5 s',
    },
    {
      name: 'signals',
      topic: topics.signals('machine'),
      ...{ payload: 'signals', qos: 0, retain: false },
      expiryS: 60,
      what: 'live values; with MQTT 5 they expire after 60 s',
    },
    {
      name: 'backfill',
      topic: topics.backfill('machine'),
      ...{ payload: 'signals', qos: 1, retain: false },
      what: 'values from over 60 s ago',
    },
  ]
}
