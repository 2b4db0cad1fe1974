/**
 * The MQTT topics and what goes out on each, as closed schemas. The names of topics come from front/sinks/topics.ts;
 * a test holds every message of a running gateway against a row of this table.
 * Read next: entries.ts (the `data` of an event), front/sinks/payload.ts (which makes them).
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
  }),
  checkpoint: text('A signed note, as text: see ledger/evidence/FORMAT.md.'),
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
    asOf: at('When the oldest reading it rests on was taken.'),
    clock: clock('How far the clock of the gateway is to be trusted.'),
    maxAgeMs: whole('How old `asOf` may be; older means Unknown.'),
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
      'At most 100.',
    ),
  }),
} satisfies Record<string, TSchema>

export type PayloadName = keyof typeof payloads

export type TopicRow = {
  readonly topic: string
  readonly payload: PayloadName
  readonly qos: 0 | 1
  readonly retain: boolean
  readonly what: string
}

/** With MQTT 5 what is retained of a machine's availability expires after its `maxAgeMs`. */
export function topicRows(): readonly TopicRow[] {
  const topics = createTopics('site', 0)
  return [
    { topic: topics.status, payload: 'status', qos: 1, retain: true, what: 'is the gateway there; its last will' },
    { topic: topics.checkpoint, payload: 'checkpoint', qos: 1, retain: true, what: 'the newest signed tree head' },
    {
      topic: topics.checkpoint,
      payload: 'checkpoint',
      qos: 1,
      retain: false,
      what: 'on connecting: the gateway looks whether the topic comes back; its own newest tree head, or empty',
    },
    { topic: topics.siteEvents, payload: 'event', qos: 1, retain: false, what: 'entries without a machine' },
    {
      topic: topics.availability('machine'),
      payload: 'availability',
      qos: 1,
      retain: true,
      what: 'on each change, and repeated; with MQTT 5 it expires after `maxAgeMs`',
    },
    { topic: topics.events('machine'), payload: 'event', qos: 1, retain: false, what: 'entries, a chain by `prevSeq`' },
    {
      topic: topics.meter('machine/alias.name'),
      payload: 'meter',
      qos: 1,
      retain: true,
      what: 'when it has counted, at most every 5 s',
    },
    { topic: topics.signals('machine'), payload: 'signals', qos: 0, retain: false, what: 'live values' },
    { topic: topics.backfill('machine'), payload: 'signals', qos: 1, retain: false, what: 'values from over 60 s ago' },
  ]
}
