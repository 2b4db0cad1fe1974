/**
 * Metrics for Prometheus: what the control thread counts, the links, the machines, the sinks, and the requests. Never
 * ids of people. Names and labels are read by dashboards and stay.
 */
import { Counter, Gauge, Registry } from 'prom-client'
import { type Health, resources } from '../../../core/board/message.ts'
import type { ServerDeps, SinkHealth } from '../api.ts'
import { type AnswerTimes, createAnswerTimes } from './answer-times.ts'

export type Metrics = Pick<AnswerTimes, 'observe'> & {
  text(): Promise<string>
  readonly contentType: string
  /** All there are, whether or not they have a value. */
  list(): readonly MetricRow[]
}

type MetricRow = {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly labelNames: readonly string[]
}

export function createMetrics(api: ServerDeps): Metrics {
  const registry = new Registry()
  const { observe, metric } = createAnswerTimes()
  registry.registerMetric(metric)
  addGateway(registry, api)
  addResources(registry, api)
  addPair(registry, api)
  addMachines(registry, api)
  addPlatform(registry, api)
  addSinks(registry, api)
  return {
    observe,
    text: () => registry.metrics(),
    contentType: registry.contentType,
    // The library says less of a metric than it is.
    list: () => registry.getMetricsAsArray() as unknown as readonly MetricRow[],
  }
}

type Read = (gauge: Gauge<string>) => void

/** A gauge that is read when it is asked for; what is not said of it then, it does not show. */
function gauge(registry: Registry, name: string, help: string, labelNames: string[], read: Read): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      // The library would show 0 for one without labels.
      if (labelNames.length === 0) this.remove()
      else this.reset()
      read(this)
    },
  })
}

function addGateway(registry: Registry, { board, config, version }: ServerDeps): void {
  gauge(registry, 'latchkey_info', 'The software.', ['site', 'version'], (info) =>
    info.set({ site: config.site, version }, 1),
  )
  gauge(registry, 'latchkey_ready', '1 when the gateway is ready.', [], (ready) =>
    ready.set(board.health()?.ready ? 1 : 0),
  )
  new Counter({
    name: 'latchkey_control_total',
    help: 'Counters of the control thread, by name.',
    labelNames: ['name'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [name, value] of Object.entries(board.health()?.counters ?? {}))
        if (value >= 0) this.inc({ name }, value)
    },
  })
  gauge(registry, 'latchkey_link_up', '1 when a link is up.', ['link', 'protocol'], (up) => {
    for (const { id: link, protocol, state } of board.links()) up.set({ link, protocol }, state === 'up' ? 1 : 0)
  })
}

function addResources(registry: Registry, { board, clock }: ServerDeps): void {
  const startedS = Math.round(clock.nowMs() / 1000)
  gauge(registry, 'latchkey_started_timestamp_seconds', 'When the gateway started.', [], (at) => at.set(startedS))
  gauge(registry, 'latchkey_short', '1 for what is so short that no session begins.', ['resource'], (short) => {
    const now = board.health()?.resources?.short ?? []
    for (const resource of resources) short.set({ resource }, now.includes(resource) ? 1 : 0)
  })
  const seen = (name: string, help: string, value: (health: Health) => number | undefined) =>
    gauge(registry, `latchkey_${name}`, help, [], (each) => {
      const health = board.health()
      const number = health && value(health)
      if (number !== undefined) each.set(number)
    })
  seen('memory_bytes', 'Memory that the gateway holds.', ({ resources }) => resources?.residentBytes)
  seen('open_handles', 'Files and connections that are open.', ({ resources }) => resources?.openHandles)
  seen('disk_free_bytes', 'What may still be written to the disk of dataDir.', ({ diskFreeBytes }) => diskFreeBytes)
}

function addPair(registry: Registry, { board, config }: ServerDeps): void {
  const { site } = config
  gauge(registry, 'latchkey_pair_active', ACTIVE_HELP, ['site', 'box'], (active) => {
    const pair = board.health()?.pair
    if (pair !== undefined) active.set({ site, box: pair.box }, 1)
  })
  const seen = (name: string, help: string, value: (pair: NonNullable<Health['pair']>) => number | undefined) =>
    gauge(registry, `latchkey_pair_${name}`, help, [], (each) => {
      const pair = board.health()?.pair
      const number = pair && value(pair)
      if (number !== undefined) each.set(number)
    })
  seen('followed', '1 when the other box of the pair would take over.', ({ followed }) => Number(followed))
  seen('term', 'How often a box of the pair has begun.', ({ term }) => term)
  seen('heard_age_seconds', 'Since the other box was heard.', ({ heardAgoMs }) => seconds(heardAgoMs))
  seen('behind_seconds', 'Since the spare last had everything.', ({ behindMs }) => seconds(behindMs))
  seen('behind_changes', 'Changes of the ledger that the spare lacks.', ({ behind }) => behind)
  // Only a box that stands by has it: front/spare/metrics.ts.
  seen('could_take_over', 'Of a box that stands by: 1 when it could take over now.', () => undefined)
}

const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000)
const ACTIVE_HELP = '1 when this box is the gateway, 0 when it stands by.'

function addMachines(registry: Registry, { board }: ServerDeps): void {
  gauge(
    registry,
    'latchkey_machine_state',
    'Availability of a machine; 1 for the state it is in.',
    ['machine', 'state'],
    (states) => {
      for (const { machine, availability } of board.rows()) states.set({ machine, state: availability.state }, 1)
    },
  )
  gauge(registry, 'latchkey_meters_silent', 'Meters of a machine that do not count.', ['machine'], (silent) => {
    for (const row of board.rows()) silent.set({ machine: row.machine }, row.silent.length)
  })
  gauge(
    registry,
    'latchkey_machine_commissioned',
    '1 when tenants are let in to a machine that can be unlocked, as far as its drill goes.',
    ['machine'],
    (commissioned) => {
      for (const { machine, commissioning } of board.rows())
        commissioned.set({ machine }, commissioning.kind === 'commissioned' ? 1 : 0)
    },
  )
  gauge(
    registry,
    'latchkey_machine_drill_due_timestamp_seconds',
    'When the drill of a machine has to be repeated.',
    ['machine'],
    (due) => {
      for (const { machine, commissioning } of board.rows())
        if (commissioning.kind === 'commissioned' && commissioning.dueMs !== undefined)
          due.set({ machine }, Math.round(commissioning.dueMs / 1000))
    },
  )
}

function addPlatform(registry: Registry, { board, clock, config, pull }: ServerDeps): void {
  gauge(
    registry,
    'latchkey_platform_contact_age_seconds',
    'Since the platform was last heard of; absent: never.',
    ['site'],
    (age) => {
      const ageMs = board.health()?.contactAgeMs
      if (ageMs !== undefined) age.set({ site: config.site }, ageMs / 1000)
    },
  )
  if (pull === undefined) return
  gauge(
    registry,
    'latchkey_bookings_pull_age_seconds',
    'Since the feed of bookings last told what holds; absent: not since the start.',
    ['source'],
    (age) => {
      const atNs = pull().pulledAtNs
      if (atNs !== undefined) age.set({ source: 'pull' }, Number(clock.nowNs() - atNs) / 1e9)
    },
  )
}

function addSinks(registry: Registry, { sinks }: ServerDeps): void {
  const add = (name: string, help: string, value: (sink: SinkHealth) => number) =>
    gauge(registry, `latchkey_sink_${name}`, help, ['sink'], (each) => {
      for (const sink of sinks()) each.set({ sink: sink.name }, value(sink))
    })
  add('connected', '1 when a sink is connected.', ({ connected }) => (connected ? 1 : 0))
  add('behind', 'Entries not yet delivered.', ({ behind }) => behind)
  add('behind_seconds', 'Age of the oldest entry not yet delivered.', ({ behindMs }) => behindMs / 1000)
  add('samples', 'Samples delivered since the start.', ({ samples }) => samples)
  add('samples_waiting', 'Samples that wait, in memory and on disk.', ({ samplesWaiting }) => samplesWaiting)
  add('skipped', 'Samples that a sink never gets, since the start.', ({ skipped }) => skipped)
  add('parked', 'Entries the receiver will never take.', ({ parked }) => parked)
  addDrops(registry, sinks)
}

/** Signals that are named; of more, those that lost least are counted together. */
const MOST_SIGNALS = 1000
const OTHERS = 'others'

function addDrops(registry: Registry, sinks: ServerDeps['sinks']): void {
  new Counter({
    name: 'latchkey_sample_drops_total',
    help: 'Samples that a sink never gets, by signal and reason; decisions/021-two-streams.md has the reasons.',
    labelNames: ['sink', 'reason', 'signal'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { name: sink, drops } of sinks())
        for (const [index, { reason, signal, count }] of drops.entries())
          this.inc({ sink, reason, signal: index < MOST_SIGNALS ? signal : OTHERS }, count)
    },
  })
}
