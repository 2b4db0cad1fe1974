/**
 * A real InfluxDB that goes wrong in every way it can, under a sink with a ledger of its own: all lines that it can
 * take are stored, those that it never takes are set aside, counted exactly, and the sink goes on by itself when the
 * cause is gone. Each trouble has a database of its own.
 */
import { readFileSync } from 'node:fs'
import type { SinkHandle } from '../../../gateway/front/sinks/sink-loop.ts'
import { entry, metered, range, SITE, type TestLedger } from '../../front/sinks/ledger.ts'
import { type Influxd, startInfluxd } from '../../support/influxd.ts'
import { pause, type Scope } from '../../support/proof.ts'
import { type Checks, createChecks, type Item, type Run } from '../item.ts'
import { startInfluxSink, untilStatus } from './influx-sink.ts'
import { mountSmall } from './small-disk.ts'

type Trial = {
  readonly server: Influxd
  readonly database: string
  readonly ledger: TestLedger
  readonly handle: SinkHandle
  readonly checks: Checks
  /** Entries that are good for the store. */
  readonly count: number
}

const ADMIN = { username: 'admin', password: 'right' } as const
const GATEWAY = { username: 'gateway', password: 'secret' } as const
/** Of the entries in trials with bad ones. */
const ONE_BAD_IN = 50
/** Behind the retention of an hour. */
const TOO_OLD_MS = 3 * 3_600_000

export const influx: Item = {
  name: 'influx',
  async run(run) {
    const checks = createChecks(run.say)
    const count = run.quick ? 200 : 20_000
    const server = await guarded(run.scope)
    let stored = 0
    for (const [name, trouble] of Object.entries(troubles)) {
      await inTrial(run.scope, server, `${name}-db`, count, checks, trouble)
      stored += count
      run.say(name)
    }
    await diskFull(run, count, checks)
    await dashboardAnswers(server, checks)
    return checks.verdict(`${Object.keys(troubles).length + 1} troubles, ${stored + count} entries to be stored`)
  },
}

async function guarded(scope: Scope, within?: string): Promise<Influxd> {
  const server = await startInfluxd({ login: ADMIN, ...(within && { within }) })
  scope.defer(() => server.remove())
  await server.query(`CREATE USER gateway WITH PASSWORD '${GATEWAY.password}'`)
  return server
}

async function inTrial(
  scope: Scope,
  server: Influxd,
  database: string,
  count: number,
  checks: Checks,
  trouble: (trial: Trial) => Promise<void>,
): Promise<void> {
  await server.query(`CREATE DATABASE "${database}" WITH DURATION 1h`)
  await server.query(`GRANT WRITE ON "${database}" TO gateway`)
  const { ledger, handle } = await startInfluxSink(scope, { url: server.url, database, ...GATEWAY })
  await trouble({ server, database, ledger, handle, checks, count })
}

const troubles: Readonly<Record<string, (trial: Trial) => Promise<void>>> = {
  /** A field of availability has another type there. */
  async conflict(trial) {
    const { server, database, handle, checks, count, ledger } = trial
    const other = `availability,site=${SITE},machine=saw seq=1.5`
    await server.write(database, other)
    await ledger.commit(...mixed(count, () => entry('AvailabilityChanged', AVAILABLE, { machine: 'saw' })))
    await allGood(trial, 'type conflict')
    checks.check(
      'conflict: the reason names the field',
      /type conflict.*seq/.test(ledger.reader.parkedItems()[0]!.reason),
    )
    checks.check('conflict: the sink is up', handle.status().state === 'up', handle.status())
  },

  async tooOld(trial) {
    const old = { machine: 'saw', atMs: Date.now() - TOO_OLD_MS }
    await trial.ledger.commit(...mixed(trial.count, () => entry('AvailabilityChanged', AVAILABLE, old)))
    await allGood(trial, 'too old')
  },

  async missing(trial) {
    const { server, database } = trial
    await server.query(`DROP DATABASE "${database}"`)
    await commitSome(trial, 0, trial.count)
    await mendedBy(trial, /influx -execute '(.*)' \(404/)
    // With the database its grants are gone.
    await mendedBy(trial, /influx -execute '(.*)' \(403/)
    await allStored(trial, 'database missing')
  },

  async killed(trial) {
    const { server, count } = trial
    const kills = count < 1_000 ? 1 : 4
    for (const part of range(0, kills)) {
      await commitSome(trial, (part * count) / kills, ((part + 1) * count) / kills)
      await pause(Math.random() * 60)
      await server.kill()
      await pause(300)
      await server.start()
    }
    await allStored(trial, 'server killed')
  },

  async frozen(trial) {
    const { server, handle, count } = trial
    await server.freeze()
    await commitSome(trial, 0, count)
    await untilStatus(handle, ({ lastError = '' }) => /did not answer within/.test(lastError))
    server.thaw()
    await allStored(trial, 'server silent')
  },

  async rights(trial) {
    const { server, database, count } = trial
    await commitSome(trial, 0, count / 2)
    await server.query(`REVOKE ALL ON "${database}" FROM gateway`)
    await commitSome(trial, count / 2, count)
    await mendedBy(trial, /influx -execute '(.*)' \(403/)
    await allStored(trial, 'rights taken away')
    await server.query(`SET PASSWORD FOR gateway = 'another'`)
    await commitSome(trial, count, count + 1)
    await untilStatus(trial.handle, ({ lastError = '' }) => /influx\.password/.test(lastError))
    await server.query(`SET PASSWORD FOR gateway = '${GATEWAY.password}'`)
    await untilStatus(trial.handle, ({ backlog }) => backlog === 0)
  },
}

/** A server of its own, on a disk of its own that somebody else fills. */
async function diskFull({ scope }: Run, count: number, checks: Checks): Promise<void> {
  const disk = mountSmall(scope, 64)
  checks.check('disk full: a small disk can be mounted', disk !== undefined)
  if (disk === undefined) return
  const server = await guarded(scope, disk.path)
  await inTrial(scope, server, 'full-db', count, checks, async (trial) => {
    await commitSome(trial, 0, count / 2)
    await untilStatus(trial.handle, ({ backlog }) => backlog === 0)
    disk.fill()
    await commitSome(trial, count / 2, count)
    await untilStatus(trial.handle, ({ lastError = '' }) => /disk is full; .*restart/.test(lastError))
    disk.free()
    await server.kill()
    await server.start()
    await allStored(trial, 'disk full')
  })
}

/** Every query of the dashboard is one that InfluxDB understands, and those of what was stored find it. */
async function dashboardAnswers(server: Influxd, checks: Checks): Promise<void> {
  const text = readFileSync(new URL('../../../gateway/ship/watch/dashboard-influx.json', import.meta.url), 'utf8')
  const { panels } = JSON.parse(text) as { panels: { title: string; targets: { query: string }[] }[] }
  await server.write('missing-db', `session,site=${SITE},machine=saw event="SessionEnded",session="s",durationMs=1i`)
  await server.write('missing-db', `availability,site=${SITE},machine=saw state="Available",seq=1i`)
  const before = `${BigInt(Date.now() - 30_000) * 1_000_000n}`
  await server.write(
    'missing-db',
    `meter,site=${SITE},machine=saw,meter=energy.total,unit=Wh,origin=ledger total=0i ${before}`,
  )
  for (const { title, targets } of panels) {
    const [{ query = '' } = {}] = targets
    const asked = query
      .replaceAll('$timeFilter', 'time > now() - 1h')
      .replaceAll(/\$(site|machine)/g, '.*')
      .replace('time(1h)', 'time(1s)')
    const rows = await server
      .query(asked.replace('FROM ', 'FROM "missing-db"..'))
      .catch((error: Error) => error.message)
    checks.check(`dashboard: ${title}`, Array.isArray(rows) && rows.length > 0, rows)
  }
}

const AVAILABLE = { from: 'Unknown', to: 'Available', access: 'Locked' }

/** `count` good entries, and one bad one behind each few. */
const mixed = (count: number, bad: () => ReturnType<typeof entry>) =>
  range(0, count).flatMap((n) => (n % ONE_BAD_IN === 0 ? [metered(n), bad()] : [metered(n)]))

const commitSome = ({ ledger }: Trial, from: number, to: number) =>
  ledger.commit(...range(from, to).map((n) => metered(n)))

/** All good ones are stored, and of the bad ones each is set aside. */
async function allGood(trial: Trial, what: string): Promise<void> {
  const { handle, checks, count, ledger } = trial
  const { parked } = await untilStatus(handle, ({ backlog }) => backlog === 0)
  checks.check(`${what}: exactly the bad ones are set aside`, parked === count / ONE_BAD_IN, parked)
  const kinds = ledger.reader.parkedItems().map(({ seq }) => ledger.reader.entries(seq, 1)[0]!.kind)
  checks.check(
    `${what}: and no good one`,
    kinds.every((kind) => kind === 'AvailabilityChanged'),
    kinds,
  )
  await isStored(trial, what)
}

async function allStored(trial: Trial, what: string): Promise<void> {
  const { parked } = await untilStatus(trial.handle, ({ backlog }) => backlog === 0)
  trial.checks.check(`${what}: nothing is set aside`, parked === 0, trial.ledger.reader.parkedItems()[0])
  await isStored(trial, what)
}

async function isStored({ server, database, checks, count }: Trial, what: string): Promise<void> {
  const rows = await server.query(`SELECT "total" FROM "${database}".."meter" WHERE "origin" = 'ledger'`)
  const stored = new Set(rows.map(({ total }) => Number(total)))
  const lost = range(0, count).filter((n) => !stored.has(n))
  checks.check(`${what}: all ${count} good ones are stored`, lost.length === 0, lost.slice(0, 5))
  checks.check(`${what}: each once`, rows.length === count, rows.length)
}

/** It stops, says the command that mends it, and goes on when that was run. */
async function mendedBy({ server, handle }: Trial, command: RegExp): Promise<void> {
  const { lastError = '' } = await untilStatus(
    handle,
    ({ state, lastError = '' }) => state === 'stopped' && command.test(lastError),
  )
  await server.query(command.exec(lastError)![1]!)
}
