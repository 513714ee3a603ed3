// What events are appended to: their rows, what is remembered of them, and the one function that does it all.
//
// What is remembered lies in three tables that take turns: one is written to, the one before it is looked into, the third is empty. So what is too old goes with a
// TRUNCATE, and costs nothing per id. Appends hold the table `generation` in a lock that they share; who changes the turn takes it alone. So no append can know less
// or more than another which table it is, however long it takes.

/** Tables that take turns. */
const SLOTS = [0, 1, 2] as const;

const before = (slot: number) => (slot + SLOTS.length - 1) % SLOTS.length;

/** Statements of a function, for the slot that is written to. */
function bySlot(slot: string, statements: (now: number, before: number) => string): string {
  const cases = SLOTS.map((each) => `when ${each} then ${statements(each, before(each))}`);
  return `case ${slot} ${cases.join('\n')} end case;`;
}

/** Remembers messages; those that were not known come back. */
const REMEMBER = bySlot(
  'slot_now',
  (now, last) => `
    with added as (
      insert into mark_${now} (key)
      select k from unnest(keys) k where k is not null and not exists (select from mark_${last} m where m.key = k) order by k
      on conflict do nothing returning key)
    select array_agg(key) into fresh from added;`,
);

/** Takes what is known of windows along to the table of now, where each is held until the end of the transaction, and decides what passes. */
const HOLD_WINDOWS = bySlot(
  'slot_now',
  (now, last) => `
    insert into once_${now} (key, value, seq, pos, ends_at)
    select k, coalesce(o.value, k), coalesce(o.seq, 0), coalesce(o.pos, 0), coalesce(o.ends_at, '-infinity')
    from (select distinct k from unnest(once_keys, once_at) u (k, at) where not is_gone[at]) u
      left join lateral (select * from once_${last} o where o.key = k for share) o on true
    order by k
    on conflict do nothing;
    perform from once_${now} o where o.key = any (once_keys) order by o.key for update;
    -- Now that they are held: a window that another one has opened meanwhile must not seem to be of the future.
    present := outbox_now();
    with asked as (
      select u.*, lag(value) over same as said, row_number() over same as nth
      from unnest(once_at, once_keys, once_values, once_windows) with ordinality u (at, key, value, window_ms, nr) where not is_gone[at]
      window same as (partition by key order by at)),
    decided as (
      select a.*, coalesce(case when nth > 1 then said = a.value else
        h.value = a.value and h.ends_at > present and h.ends_at <= present + window_ms * interval '1 ms' end, false) as is_repeated
      from asked a left join once_${now} h using (key))
    select coalesce(array_agg(at order by at) filter (where is_repeated), '{}'), array_agg(nr order by nr) filter (where not is_repeated)
    into repeated, opened from decided;`,
);

/** The last event of each key that passed has opened its window. */
const OPEN_WINDOWS = bySlot(
  'slot_now',
  (now) => `
    insert into once_${now} as o (key, value, seq, pos, ends_at)
    select distinct on (key) key, value, seqs[row], at - bases[row], present + window_ms * interval '1 ms'
    from (select once_at[nr], once_keys[nr], once_values[nr], once_windows[nr], once_rows[nr] from unnest(opened) nr) u (at, key, value, window_ms, row)
    order by key, at desc
    on conflict (key) do update set value = excluded.value, seq = excluded.seq, pos = excluded.pos, ends_at = excluded.ends_at;`,
);

/** Which table is written to: it stays so until the end of the transaction. */
const lookAt = (kind: string, longest: string) => `
    select slot, longest_ms into strict slot_now, longest from generation where kind = '${kind}';
    if longest < ${longest} then
      update generation set longest_ms = ${longest} where kind = '${kind}' and longest_ms < ${longest};
    end if;`;

/** The plans of the statements must not change with what the tables held when they were made. */
const PLANS = ['seqscan', 'hashjoin', 'mergejoin', 'bitmapscan'].map((way) => `set enable_${way} = off`).join(' ');

const APPEND = `
create function append_events(
  keys uuid[], window_ms bigint, lanes int[], counts int[], bases int[], people int[], people_to int[], texts text[],
  once_at int[], once_rows int[], once_keys uuid[], once_values uuid[], once_windows bigint[],
  out gone int[], out repeated int[]
) language plpgsql ${PLANS} as $$
#variable_conflict use_column
declare
  slot_now int;
  longest bigint;
  present timestamptz;
  fresh uuid[];
  opened bigint[];
  seqs bigint[];
  is_gone boolean[];
  not_there int[];
  place int;
begin
  gone := '{}';
  repeated := '{}';
  if cardinality(keys) > 0 or cardinality(once_at) > 0 then
    lock table generation in row share mode;
  end if;
  if cardinality(keys) > 0 then
    ${lookAt('message', 'append_events.window_ms')}
    ${REMEMBER}
    if coalesce(cardinality(fresh), 0) < cardinality(array_remove(keys, null)) then
      select coalesce(array_agg(at order by at), '{}') into gone from (
        select key, at, bool_or(at is null) over (partition by key) as is_fresh
        from (select * from unnest(keys) with ordinality union all select f, null from unnest(fresh) f) u (key, at)
      ) u where key is not null and at is not null and not is_fresh;
    end if;
  end if;
  present := outbox_now();
  not_there := gone;
  if cardinality(once_at) > 0 then
    is_gone := array_fill(false, array[bases[cardinality(bases)] + counts[cardinality(counts)]]);
    foreach place in array gone loop
      is_gone[place] := true;
    end loop;
    ${lookAt('once', '(select max(w) from unnest(once_windows) w)')}
    ${HOLD_WINDOWS}
    select array_agg(nextval('event_row_seq') order by r) into seqs from generate_series(1, cardinality(lanes)) r;
    ${OPEN_WINDOWS}
    not_there := gone || repeated;
  end if;
  if not_there = '{}' then
    insert into event_row (lane, seq, n, bytes, accepted_at, people, events)
    select lane, coalesce(seqs[r], nextval('event_row_seq')), n, octet_length(events), present, people[coalesce(people_to[r - 1], 0) + 1 : people_to[r]], events
    from unnest(lanes, counts, texts) with ordinality u (lane, n, events, r);
  else
    insert into event_row (lane, seq, n, bytes, accepted_at, done, people, events)
    select lane, coalesce(seqs[r], nextval('event_row_seq')), n, octet_length(events), present, done, people[coalesce(people_to[r - 1], 0) + 1 : people_to[r]], events
    from unnest(lanes, counts, bases, texts) with ordinality u (lane, n, base, events, r),
      lateral (select array_agg(at - base order by at) from unnest(not_there) at where at > base and at <= base + n) d (done)
    where coalesce(cardinality(done), 0) < n;
  end if;
end $$;`;

/** Places of messages that are remembered, from 1. Changes nothing. */
const KNOWN = `
create function known_messages(keys uuid[]) returns int[] language plpgsql ${PLANS} as $$
declare
  slot_now int;
  known int[];
begin
  lock table generation in row share mode;
  select slot into strict slot_now from generation where kind = 'message';
  ${bySlot(
    'slot_now',
    (now, last) => `
    select array_agg(at) into known from unnest(keys) with ordinality u (key, at)
    where exists (select from mark_${now} m where m.key = u.key) or exists (select from mark_${last} m where m.key = u.key);`,
  )}
  return coalesce(known, '{}');
end $$;`;

/** Lets the next event of a key pass. First what an append may be about to take along, then what it has taken. */
const GIVE_BACK = `
create function give_back_once(keys uuid[], seqs bigint[], positions int[]) returns void language plpgsql ${PLANS} as $$
declare
  slot_now int;
begin
  lock table generation in row share mode;
  select slot into strict slot_now from generation where kind = 'once';
  ${bySlot('slot_now', (now, last) =>
    [last, now]
      .map(
        (slot) => `
    delete from once_${slot} o using (
      select o.key from once_${slot} o where o.key = any (keys) order by o.key for update) held
    where o.key = held.key and (seqs is null or exists (
      select from unnest(keys, seqs, positions) u (key, seq, pos) where u.key = o.key and u.seq = o.seq and u.pos = o.pos));`,
      )
      .join(''),
  )}
end $$;`;

/** Gives a turn to the next tables where it is time. Bounded: an append that is under way for long puts it off. */
const TURN = `
create function turn_generations() returns int language plpgsql set lock_timeout = '500ms' as $$
declare
  due generation;
  turned int := 0;
begin
  for due in select * from generation g where is_due(g) loop
    lock table generation in exclusive mode;
    if exists (select from generation g where g.kind = due.kind and g.slot = due.slot) then
      execute format('truncate %I', case due.kind when 'message' then 'mark_' else 'once_' end || (due.slot + 1) % ${SLOTS.length});
      update generation set slot = (slot + 1) % ${SLOTS.length}, since = outbox_now(), before_ms = longest_ms, longest_ms = 0 where kind = due.kind;
      turned := turned + 1;
    end if;
  end loop;
  return turned;
end $$;`;

/** Needs a schema that is looked into first. */
export const APPEND_SIDE = `
create function outbox_now() returns timestamptz language sql volatile as 'select clock_timestamp()';

create sequence event_row_seq;
create table event_row (
  lane int not null,
  seq bigint not null default nextval('event_row_seq'),
  n int not null,
  bytes int not null,
  accepted_at timestamptz not null,
  attempts int[],
  done int[],
  people int[],
  events text not null,
  primary key (lane, seq)
) with (
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 0,
  toast.autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_cost_delay = 0
);
alter sequence event_row_seq owned by event_row.seq;
do $$ begin
  alter table event_row alter events set compression lz4;
exception when feature_not_supported then
  raise notice 'this server was built without lz4';
end $$;
create index event_row_people on event_row using gin (people);

create table generation (
  kind text primary key,
  slot int not null,
  since timestamptz not null,
  longest_ms bigint not null default 0,
  before_ms bigint not null default 0
);
insert into generation (kind, slot, since) values ('message', 0, outbox_now()), ('once', 0, outbox_now());
create function is_due(generation) returns boolean language sql volatile as
  'select $1.since + greatest($1.longest_ms, $1.before_ms) * interval ''1 ms'' <= outbox_now() and greatest($1.longest_ms, $1.before_ms) > 0';
${SLOTS.map(
  (slot) => `
create table mark_${slot} (key uuid primary key) with (autovacuum_vacuum_insert_threshold = -1);
create table once_${slot} (key uuid primary key, value uuid not null, seq bigint not null, pos int not null, ends_at timestamptz not null);`,
).join('')}
${APPEND}
${KNOWN}
${GIVE_BACK}
${TURN}`;
