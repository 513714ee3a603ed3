// Who delivers what: lanes and their owners, replicas, dead letters.

/** Needs a schema that is looked into first. */
export const LANE_SIDE = `
create table lane (
  id int generated always as identity primary key,
  name text not null unique,
  workspace text not null,
  turn text not null,
  owner uuid,
  epoch bigint not null default 0,
  claimed_to bigint,
  purges int not null default 0,
  dead_letters int not null default 0,
  dead_letter_bytes bigint not null default 0,
  note jsonb
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index lane_workspace on lane (workspace);
create index lane_turn on lane (turn);
create index lane_owner on lane (owner) where owner is not null;
create index lane_dead_letters on lane (id) where dead_letters > 0;

create table replica (
  id uuid primary key,
  slot int not null unique,
  alive_until timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

create table signal (
  kind text not null,
  subject text not null,
  at timestamptz not null,
  primary key (kind, subject)
);

create table dead_letter (
  id bigint generated always as identity primary key,
  lane int not null,
  seq bigint not null,
  position int not null,
  person int not null,
  reason text not null,
  accepted_at bigint not null,
  attempts int not null,
  bytes int not null,
  died_at bigint not null,
  letter text not null,
  unique (lane, seq, position)
);
create index dead_letter_order on dead_letter (lane, died_at, id);
create index dead_letter_person on dead_letter (person, lane);
create index dead_letter_age on dead_letter (died_at);`;
