// What replicas share beside the outbox itself: the calls that each console key has left, what is known of ID lists, which deletions were asked for, earlier versions of settings, sessions of the
// console that were ended.

/** Times are milliseconds since 1970, by the clock of the database where nothing else is said. */
export const SHARED_STATE = `
create table console_budget (
  key text primary key,
  changes bigint not null default 0,
  blocked_until float8 not null default 0
);
create table console_call (
  key text not null,
  id bigint generated always as identity,
  began float8 not null,
  ended float8,
  change bigint not null,
  primary key (key, id)
);

create table membership_list (
  tag text primary key,
  workspace_id text not null,
  list_id text not null,
  id_type text not null,
  generation bigint not null,
  born bigint,
  ids bigint
) with (fillfactor = 70);
create index on membership_list (workspace_id);
create table membership (
  id text collate "C" not null,
  tag text collate "C" not null,
  share text collate "C" not null,
  time bigint not null,
  generation bigint not null,
  member boolean not null,
  sure boolean not null,
  primary key (id, tag)
);
create index membership_oldest on membership (share, time);
create table membership_share (
  share text collate "C" primary key,
  count bigint not null
) with (fillfactor = 50);

create table deletion_request (
  request_id text primary key,
  workspace_id text not null,
  ids int not null,
  at float8 not null
);
create index on deletion_request (at);

create table settings_change (
  id text collate "C" primary key,
  at bigint not null,
  changed_by text not null,
  file text not null,
  workspaces text[] not null,
  version_before text not null,
  version_after text not null,
  bytes int not null,
  texts bytea not null
);

create table console_session_ended (
  id text primary key,
  role text not null,
  expires_at bigint not null
);
create table console_sessions_ended (
  role text primary key,
  until bigint not null
);
create sequence source_exposure_change;
create table source_exposure (
  key text collate "C" primary key,
  share text not null,
  said bigint not null,
  ends_at float8 not null,
  change bigint not null default nextval('source_exposure_change')
);
create index on source_exposure (change);
create table console_link (
  code text primary key,
  role text not null,
  expires_at bigint not null
);
`;
