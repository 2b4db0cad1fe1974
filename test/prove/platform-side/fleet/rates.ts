/** What the parts of a run cost: messages, rows, processor time and bytes, between two looks. Linux alone. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Rollup, Stage } from './stage.ts'

/** Of the kernel, in every distribution. */
const TICK_MS = 10

const STORED = `
select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as wal, pg_total_relation_size('machine_state') as table`

type Look = {
  readonly atMs: number
  readonly cpuMs: Readonly<Record<'fleet' | 'rollup' | 'broker' | 'database', number>>
  readonly messages: number
  readonly bytes: number
  readonly rows: number
  readonly answers: number
  readonly walBytes: number
  /** Of the table of machines with its indexes. */
  readonly tableBytes: number
}

export async function look({ fleet, fleetUrl, sql }: Stage, rollup: Rollup): Promise<Look> {
  const [counts, known] = await Promise.all([ask(`${fleetUrl}/counts`), ask(`${rollup.url}/known`)])
  const [stored] = await sql<{ wal: string; table: string }>(STORED)
  const [broker, database] = [childOf('mosquitto'), childOf('postgres')]
  return {
    atMs: performance.now(),
    cpuMs: {
      fleet: cpuOf(fleet.pid),
      rollup: cpuOf(rollup.process.pid),
      broker: cpuOf(broker),
      database: cpuOf(database),
    },
    messages: counts.taken!,
    bytes: counts.bytes!,
    rows: known.rows!,
    answers: known.answers!,
    walBytes: Number(stored!.wal),
    tableBytes: Number(stored!.table),
  }
}

/** Per second, but for the bytes of the table; processor time in ms per second. */
export function ratesBetween(before: Look, after: Look) {
  const perSecond = (one: number, other: number) =>
    Math.round(((other - one) / (after.atMs - before.atMs)) * 10_000) / 10
  const cpu = (part: keyof Look['cpuMs']) => perSecond(before.cpuMs[part], after.cpuMs[part])
  return {
    messages: perSecond(before.messages, after.messages),
    bytes: perSecond(before.bytes, after.bytes),
    rows: perSecond(before.rows, after.rows),
    answers: perSecond(before.answers, after.answers),
    walBytes: perSecond(before.walBytes, after.walBytes),
    tableBytes: after.tableBytes,
    cpuMs: { fleet: cpu('fleet'), rollup: cpu('rollup'), broker: cpu('broker'), database: cpu('database') },
  }
}

const ask = async (url: string) => (await (await fetch(url)).json()) as Readonly<Record<string, number>>

/** Of a process and all below it, those that have ended too. */
function cpuOf(pid: number | undefined): number {
  if (pid === undefined) return 0
  const stats = allStats()
  const below = (parent: number): number =>
    stats.filter(({ ppid }) => ppid === parent).reduce((sum, { pid: child, ticks }) => sum + ticks + below(child), 0)
  return ((stats.find((stat) => stat.pid === pid)?.ticks ?? 0) + below(pid)) * TICK_MS
}

/** The one that this process started. */
function childOf(name: string): number | undefined {
  return allStats().find((stat) => stat.ppid === process.pid && stat.name === name)?.pid
}

function allStats() {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const text = readFileSync(`/proc/${entry}/stat`, 'utf8')
        const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
        const fields = text
          .slice(text.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number)
        // Fields 14 to 17 of proc(5): of itself, and of children it has waited for.
        const ticks = fields.slice(11, 15).reduce((sum, part) => sum + part, 0)
        return [{ pid: Number(entry), name, ppid: fields[1]!, ticks }]
      } catch {
        return [] // it has gone
      }
    })
}
