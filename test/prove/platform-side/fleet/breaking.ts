/**
 * What is done to the roll-up besides gateways that come and go: rubbish all the time, and its parts killed one after
 * the other. Each part says how it is broken, and who answers afterwards.
 */
import { connect } from 'mqtt'
import { pause, type Scope } from '../../../support/proof.ts'
import type { Rollup, Stage } from './stage.ts'

const RUBBISH_MS = 50
const AWAY_MS = 3_000
/** Longer than PostgreSQL lets a writer hang. */
const HANGS_MS = 12_000

const state = (more: object) =>
  JSON.stringify({ site: 'site-0', machine: 'no-such', state: 'Available', maxAgeMs: 15_000, ...more })

/** Whatever a broken or hostile publisher may send that is no word of a machine of the fleet. */
const RUBBISH: readonly (readonly [topic: string, payload: string])[] = [
  ['site-0/m0/availability', '{'],
  ['site-0/m0/availability', '[]'],
  ['site-0/m0/availability', 'x'.repeat(100_000)],
  ['site-0/m0/availability', '['.repeat(50_000)],
  ['site-0/m0/availability', JSON.stringify({ site: 'site-1', machine: 'm0', state: 'Available', maxAgeMs: 1 })],
  ['site-0/m0/about', JSON.stringify({ site: 'site-0', machine: 'm0', gateway: -1, kind: 'laser' })],
  [
    'site-0/m0/events',
    JSON.stringify({ site: 'site-0', machine: 'm0', seq: 1e300, prevSeq: null, kind: 'BookingPut' }),
  ],
  ['site-0/m0/events', ''],
  ['site-0/no-such/availability', state({ reason: 'a\0b\ud800', freeAt: '2026-02-30T00:00:00.000Z' })],
  ['site-0/no-such/availability', state({ maxAgeMs: 9e15, asOf: '9999-12-31T23:59:59.999Z' })],
  ['site-0/no-such/availability', state({ asOf: '0000-01-01T00:00:00.000Z' })],
  [
    'site-0/no-such/about',
    JSON.stringify({ site: 'site-0', machine: 'no-such', gateway: 98, name: { '\0': '\ud800' } }),
  ],
  ['nobody/m0/availability', JSON.stringify({ site: 'nobody', machine: 'm0', state: 'Available', maxAgeMs: 15_000 })],
  ['nobody/status', JSON.stringify({ site: 'nobody', online: true })],
  ['site-0/status-9', JSON.stringify({ site: 'site-0', online: true })],
  ['site-0/status', JSON.stringify({ site: 'site-0', online: 'yes' })],
]

export async function startRubbish(scope: Scope, url: string): Promise<void> {
  const client = connect(url, { protocolVersion: 5, reconnectPeriod: 500, queueQoSZero: false })
  client.on('error', () => undefined)
  scope.defer(() => client.endAsync(true))
  let turn = 0
  const timer = setInterval(() => {
    const [topic, payload] = RUBBISH[turn++ % RUBBISH.length]!
    client.publish(`latchkey/v1/${topic}`, payload, { qos: 0 })
  }, RUBBISH_MS)
  scope.defer(() => clearInterval(timer))
}

type Breaking = {
  readonly name: string
  /** Breaks it and mends it; the roll-up that is asked from then on, and the one that stands by. */
  run(stage: Stage, writes: Rollup, standsBy: Rollup): Promise<readonly [Rollup, Rollup]>
}

export const breakings: readonly Breaking[] = [
  {
    name: 'the roll-up that writes is killed',
    async run(stage, writes, standsBy) {
      await writes.process.kill()
      return [standsBy, await stage.startRollup()]
    },
  },
  {
    name: 'the roll-up that writes hangs',
    async run(_stage, writes, standsBy) {
      await writes.process.freeze()
      await pause(HANGS_MS)
      writes.process.thaw()
      return [standsBy, writes]
    },
  },
  {
    name: 'PostgreSQL is killed',
    async run({ database }, writes, standsBy) {
      await database.kill()
      await pause(AWAY_MS)
      await database.start()
      return [writes, standsBy]
    },
  },
  {
    name: 'the broker is killed',
    async run({ broker }, writes, standsBy) {
      await broker.kill()
      await pause(AWAY_MS)
      await broker.start()
      return [writes, standsBy]
    },
  },
]
