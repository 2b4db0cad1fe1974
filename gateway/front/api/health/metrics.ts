/** Metrics for Prometheus: what the control thread counts, the links, the sinks, and the requests. No ids of people. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Api } from '../api.ts'

export type Metrics = {
  observe(method: string, route: string, status: number, ms: number): void
  text(): Promise<string>
  readonly contentType: string
}

export function createMetrics(api: Api): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Histogram({
    name: 'latchkey_http_request_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.01, 0.05, 0.25, 1, 5, 20],
    registers,
  })
  new Gauge({ name: 'latchkey_info', help: 'The software.', labelNames: ['site', 'version'], registers }).set(
    { site: api.config.site, version: api.version },
    1,
  )
  new Gauge({
    name: 'latchkey_ready',
    help: '1 when the gateway is ready.',
    registers,
    collect() {
      this.set(api.board.health()?.ready ? 1 : 0)
    },
  })
  new Counter({
    name: 'latchkey_control_total',
    help: 'Counters of the control thread, by name.',
    labelNames: ['name'],
    registers,
    collect() {
      this.reset()
      for (const [name, value] of Object.entries(api.board.health()?.counters ?? {}))
        if (value >= 0) this.inc({ name }, value)
    },
  })
  new Gauge({
    name: 'latchkey_link_up',
    help: '1 when a link is up.',
    labelNames: ['link', 'protocol'],
    registers,
    collect() {
      for (const link of api.board.links())
        this.set({ link: link.id, protocol: link.protocol }, link.state === 'up' ? 1 : 0)
    },
  })
  new Gauge({
    name: 'latchkey_machine_state',
    help: 'Availability of a machine; 1 for the state it is in.',
    labelNames: ['machine', 'state'],
    registers,
    collect() {
      this.reset()
      for (const row of api.board.rows()) this.set({ machine: row.machine, state: row.availability.state }, 1)
    },
  })
  new Gauge({
    name: 'latchkey_machine_commissioned',
    help: '1 when tenants are let in to a machine that can be unlocked, as far as its drill goes.',
    labelNames: ['machine'],
    registers,
    collect() {
      for (const row of api.board.rows())
        this.set({ machine: row.machine }, row.commissioning.kind === 'commissioned' ? 1 : 0)
    },
  })
  new Gauge({
    name: 'latchkey_machine_drill_due_timestamp_seconds',
    help: 'When the drill of a machine has to be repeated.',
    labelNames: ['machine'],
    registers,
    collect() {
      this.reset()
      for (const { machine, commissioning } of api.board.rows())
        if (commissioning.kind === 'commissioned' && commissioning.dueMs !== undefined)
          this.set({ machine }, Math.round(commissioning.dueMs / 1000))
    },
  })
  new Gauge({
    name: 'latchkey_platform_contact_age_seconds',
    help: 'Since the platform was last heard of; absent: never.',
    labelNames: ['site'],
    registers,
    collect() {
      this.reset()
      const ageMs = api.board.health()?.contactAgeMs
      if (ageMs !== undefined) this.set({ site: api.config.site }, ageMs / 1000)
    },
  })
  if (api.pull !== undefined)
    new Gauge({
      name: 'latchkey_bookings_pull_age_seconds',
      help: 'Since the feed of bookings last told what holds; absent: not since the start.',
      labelNames: ['source'],
      registers,
      collect() {
        this.reset()
        const atNs = api.pull?.().pulledAtNs
        if (atNs !== undefined) this.set({ source: 'pull' }, Number(api.clock.nowNs() - atNs) / 1e9)
      },
    })
  const sink = (name: string, help: string, value: (status: ReturnType<Api['sinks']>[number]) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['sink'],
      registers,
      collect() {
        for (const status of api.sinks()) this.set({ sink: status.name }, value(status))
      },
    })
  sink('latchkey_sink_connected', '1 when a sink is connected.', (status) => (status.connected ? 1 : 0))
  sink('latchkey_sink_behind', 'Entries not yet delivered.', (status) => status.behind)
  sink('latchkey_sink_behind_seconds', 'Age of the oldest entry not yet delivered.', (status) => status.behindMs / 1000)
  sink('latchkey_sink_skipped', 'Samples passed over by newer ones.', (status) => status.skipped)
  sink('latchkey_sink_parked', 'Entries the receiver will never take.', (status) => status.parked)

  return {
    observe: (method, route, status, ms) => requests.observe({ method, route, status: String(status) }, ms / 1000),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
