export const VERSION = 1;

/** A job is a row: the job itself, what cannot be told from it, and, made by Postgres, what queries choose by. */
export const LAYOUT = `
create schema if not exists anyqueue;
set local search_path to anyqueue;
create table if not exists store (version int not null, oldest int not null, counter float8 not null);
insert into store select ${VERSION}, ${VERSION}, 0 where not exists (select from store);
create table if not exists lanes (lane text collate "C" primary key, body jsonb not null);
create table if not exists jobs (
  id text primary key, job jsonb not null, seq float8 not null, touched float8 not null,
  turn boolean not null, key text, missing jsonb not null,
  lane text not null generated always as (job->>'lane') stored,
  state text not null generated always as (job->>'state') stored,
  priority float8 not null generated always as ((job->>'priority')::float8) stored,
  run_at float8 not null generated always as ((job->>'runAt')::float8) stored,
  lease_until float8 generated always as ((job#>>'{lease,until}')::float8) stored,
  finished_at float8 generated always as ((job->>'finishedAt')::float8) stored,
  line text generated always as (case when job->>'state' <> 'blocked' and not job ? 'finishedAt'
    then (job->>'lane') || ':' || (job->>'orderingKey') end) stored
);
create index if not exists jobs_by_poll on jobs (lane, state, priority, run_at, seq) where turn and lease_until is null;
create index if not exists jobs_by_due on jobs (lane, state, run_at) where turn and lease_until is null;
create index if not exists jobs_by_lease on jobs (lane, lease_until) where lease_until is not null;
create index if not exists jobs_by_line on jobs (line, turn desc, seq) where line is not null;
create index if not exists jobs_by_end on jobs (lane, finished_at, seq);
create index if not exists jobs_by_seq on jobs (seq);
create index if not exists jobs_by_key on jobs (key) where key is not null;
create index if not exists jobs_missing on jobs using gin (missing) with (fastupdate = off);
create index if not exists jobs_parents on jobs using gin ((job->'dependsOn')) with (fastupdate = off) where finished_at is null;
create table if not exists events (
  position float8 primary key, id text not null references jobs on delete cascade, kind text not null, event jsonb not null
);
create index if not exists events_of_job on events (id, position);
`;
