/**
 * The roll-up in PostgreSQL: one statement for each kind of news of a batch, in one transaction, and the question that
 * all of it is for. It never compares the clocks of two computers: what is fresh is judged by the clock of PostgreSQL,
 * and what is newer by the order of one topic and by `seq`.
 * Read next: schema.sql; writer.ts (who may write).
 */
import type { ClientBase, Pool } from 'pg'
import type { Batch } from './batch.ts'

/** A gateway takes its place in the list, and shows how old its word is. */
const BEATS = `
insert into gateway (site, gateway, online, fresh_at)
select site, gateway, online, now() - "ageMs" * interval '1 ms'
from jsonb_to_recordset($1) as r(site text, gateway int, online boolean, "ageMs" float8)
on conflict (site, gateway) do update set online = excluded.online, fresh_at = excluded.fresh_at`

const LOST = `
update machine_state m set free = null
from jsonb_to_recordset($1) as r(site text, gateway int)
where m.site = r.site and m.gateway = r.gateway`

const GONE = `
delete from machine_state m using jsonb_to_recordset($1) as r(site text, machine text)
where m.site = r.site and m.machine = r.machine`

const ABOUTS = `
insert into machine_state (site, machine, gateway, kind, name, capabilities, place)
select site, machine, gateway, kind, name, capabilities, ll_to_earth(latitude, longitude)
from jsonb_to_recordset($1) as r(site text, machine text, gateway int, kind text, name jsonb, capabilities jsonb,
  latitude float8, longitude float8)
on conflict (site, machine) do update set gateway = excluded.gateway, kind = excluded.kind, name = excluded.name,
  capabilities = excluded.capabilities, place = excluded.place`

const STATES = `
insert into machine_state (site, machine, state, reason, free_at, as_of, max_age_ms)
select site, machine, state, reason, "freeAt", "asOf", "maxAgeMs"
from jsonb_to_recordset($1) as r(site text, machine text, state text, reason text, "freeAt" timestamptz,
  "asOf" timestamptz, "maxAgeMs" int)
on conflict (site, machine) do update set state = excluded.state, reason = excluded.reason, free_at = excluded.free_at,
  as_of = excluded.as_of, max_age_ms = excluded.max_age_ms`

/** The newer `seq` wins. */
const PLANS = `
insert into machine_state as m (site, machine, seq, free)
select site, machine, seq, free
from jsonb_to_recordset($1) as r(site text, machine text, seq bigint, free tstzmultirange, begins boolean)
where begins is distinct from true
on conflict (site, machine) do update set seq = excluded.seq, free = excluded.free where excluded.seq >= m.seq`

/** A log that began anew: its first `seq` is newer than the last of the one before. */
const BEGUN = `
update machine_state m set seq = r.seq, free = r.free
from jsonb_to_recordset($1) as r(site text, machine text, seq bigint, free tstzmultirange, begins boolean)
where r.begins and m.site = r.site and m.machine = r.machine`

/**
 * Free from then on, for so long, of this kind, near here. For now, it also has to be Available. A machine whose
 * gateway is silent, or whose plan nobody knows at this moment, is not free.
 */
export const FIND = `
select m.site, m.machine, m.name, m.kind, m.state,
  round(earth_distance(m.place, ll_to_earth($2, $3)))::int as metres
from machine_state m join gateway g using (site, gateway)
where m.kind = $1
  and m.place <@ earth_box(ll_to_earth($2, $3), $4) and earth_distance(m.place, ll_to_earth($2, $3)) <= $4
  and m.free @> tstzrange(greatest($5, now()), greatest($5, now()) + $6 * interval '1 minute')
  and ($5 > now() or m.state = 'Available')
  and g.online and g.fresh_at > now() - m.max_age_ms * interval '1 ms'
order by metres, m.site, m.machine
limit $7`

/** The machines, and how old what is known is; nothing: it was never known. */
const ANSWER = `
select extract(epoch from now() - as_of)::float8 * 1000 as "ageMs", (
  select coalesce(json_agg(found), '[]') from (${FIND}) as found
) as machines from rollup`

/** Everything that the broker had taken by then is written. */
const HEARD = `
insert into rollup (as_of) values (now() - $1 * interval '1 ms')
on conflict (one) do update set as_of = excluded.as_of`

/** What is known, for those who watch over it. */
const KNOWN = `
select (select count(*)::int from gateway) as gateways,
  count(*)::int as machines,
  (count(*) filter (where kind is not null and state <> 'Unknown' and free is not null))::int as known,
  (count(*) filter (where g.online and g.fresh_at > now() - m.max_age_ms * interval '1 ms'))::int as fresh
from machine_state m left join gateway g using (site, gateway)`

export type Wanted = Readonly<{
  kind: string
  latitude: number
  longitude: number
  metres: number
  /** Past: now. */
  from: Date
  minutes: number
  limit: number
}>

type Answer = Readonly<{ ageMs: number; machines: readonly { site: string; machine: string; metres: number }[] }>
type Known = Readonly<{ gateways: number; machines: number; known: number; fresh: number }>

/** What the broker had taken before `heardMs` is in the batch, or was. */
type Times = Readonly<{ nowMs: number; heardMs: number }>

export async function writeBatch(client: ClientBase, { machines, gateways }: Batch, times: Times): Promise<void> {
  const { nowMs, heardMs } = times
  const ofMachines = [...machines.values()]
  const named = <T>(pick: (one: (typeof ofMachines)[number]) => T | undefined) =>
    ofMachines.flatMap((one) => {
      const news = pick(one)
      return news === undefined ? [] : [{ site: one.site, machine: one.machine, ...news }]
    })
  const beats = [...gateways.values()].map(({ freshMs, ...beat }) => ({ ...beat, ageMs: nowMs - freshMs }))
  const plans = named(({ plan }) => plan)
  // A plan that was asked for because its gateway had been away comes after that it was away.
  const parts: readonly (readonly [text: string, rows: readonly object[]])[] = [
    [GONE, named(({ gone }) => gone && {})],
    [ABOUTS, named(({ about }) => about)],
    [STATES, named(({ state }) => state)],
    [LOST, beats.filter(({ lost }) => lost)],
    [PLANS, plans],
    [BEGUN, plans.filter(({ begins }) => begins)],
    [BEATS, beats],
  ]
  await client.query('begin')
  for (const [text, rows] of parts) if (rows.length > 0) await client.query(text, [JSON.stringify(rows)])
  await client.query(HEARD, [nowMs - heardMs])
  await client.query('commit')
}

/** All that can have changed while nobody listened; descriptions stay. */
export async function forgetState(client: ClientBase): Promise<void> {
  await client.query(`
    update gateway set online = false;
    update machine_state set state = 'Unknown', reason = null, seq = -1, free = null;`)
}

/** Undefined: nothing was ever known. */
export async function findFree(pool: Pool, wanted: Wanted): Promise<Answer | undefined> {
  const { kind, latitude, longitude, metres, from, minutes, limit } = wanted
  const { rows } = await pool.query<Answer>({
    name: 'answer',
    text: ANSWER,
    values: [kind, latitude, longitude, metres, from, minutes, limit],
  })
  return rows[0]
}

export async function countKnown(pool: Pool): Promise<Known> {
  const { rows } = await pool.query<Known>(KNOWN)
  return rows[0]!
}
