-- What the roll-up keeps. Everything in it can be asked for again, so that nothing here needs a backup.
create extension if not exists cube;
create extension if not exists earthdistance;
create extension if not exists btree_gist;

-- fresh_at is by the clock of PostgreSQL: what the gateway says of its machines held then.
create table if not exists gateway (
  site text not null,
  gateway int not null,
  online boolean not null,
  fresh_at timestamptz not null,
  primary key (site, gateway)
) with (fillfactor = 50);

-- gateway, kind, name and place are null until the description is known; free is null until the plan is known.
-- seq is the newest event that free takes in, or that made it unknown.
create table if not exists machine_state (
  site text not null,
  machine text not null,
  gateway int,
  kind text,
  name jsonb,
  capabilities jsonb,
  place earth,
  state text not null default 'Unknown',
  reason text,
  free_at timestamptz,
  as_of timestamptz,
  max_age_ms int not null default 0,
  seq bigint not null default -1,
  free tstzmultirange,
  primary key (site, machine)
) with (fillfactor = 70);

-- One row: everything that the broker had taken by then is in the other two.
create table if not exists rollup (
  one boolean primary key default true check (one),
  as_of timestamptz not null
) with (fillfactor = 10);

create index if not exists machine_state_found on machine_state using gist (kind, place, free);
