// Deliberate breaks of what replicas of a shared outbox promise each other. Each takes one guard away, in the built code.

/** A break. */
export interface OutboxBreak {
  readonly name: string;
  /** Below `dist/src`. */
  readonly file: string;
  /** Stands there once. */
  readonly found: string;
  readonly put: string;
}

/** Each value of a statement has to be named in it. */
const ANY_OWNER = '$2::uuid is not null';
const ANY_EPOCH = '$3::bigint is not null';

const SETTLE = 'outbox/postgres/settle.js';
const OWN = 'where id = $1 and owner = $2 and epoch = $3 returning id`';

/** All of them. */
export const BREAKS: readonly OutboxBreak[] = [
  {
    name: 'settles without fence',
    file: SETTLE,
    found: OWN,
    put: `where id = $1 and ${ANY_OWNER} and ${ANY_EPOCH} returning id\``,
  },
  {
    name: 'settles without epoch',
    file: SETTLE,
    found: OWN,
    put: `where id = $1 and owner = $2 and ${ANY_EPOCH} returning id\``,
  },
  {
    name: 'writes dead letters without fence',
    file: 'outbox/postgres/dead-letter-rows.js',
    found: 'where id = $1 and owner = $2 and epoch = $3 for update',
    put: `where id = $1 and ${ANY_OWNER} and ${ANY_EPOCH} for update`,
  },
  {
    name: 'claims without fence',
    file: 'outbox/postgres/claims.js',
    found: 'where id = $1 and owner = $2 and epoch = $3 and purges = $9',
    put: `where id = $1 and ${ANY_OWNER} and ${ANY_EPOCH} and purges = $9`,
  },
  {
    name: 'gives up without epoch',
    file: 'outbox/postgres/ownership.js',
    found: 'where l.id = g.id and l.owner = $1 and l.epoch = g.epoch',
    put: 'where l.id = g.id and l.owner = $1',
  },
  {
    name: 'remembers messages, and refuses none',
    file: 'postgres/migrations/append-side.js',
    found: 'if coalesce(cardinality(fresh), 0) < cardinality(array_remove(keys, null)) then',
    put: 'if false then',
  },
  {
    name: 'looks messages up, and remembers them afterwards',
    file: 'postgres/migrations/append-side.js',
    found: `where m.key = k) order by k
      on conflict do nothing returning key)`,
    put: `where m.key = k) and not exists (select from mark_\${now} m where m.key = k) order by k
      on conflict (key) do update set key = excluded.key returning key)`,
  },
  {
    name: 'a lease that does not end',
    file: 'outbox/postgres/look.js',
    found: 'p.id = l.owner and p.alive_until > clock_timestamp() and',
    put: 'p.id = l.owner and',
  },
  {
    name: 'a lane that can be taken while its lease lasts',
    file: 'outbox/postgres/look.js',
    found: 'p.id = l.owner and p.alive_until > clock_timestamp() and',
    put: 'p.id = l.owner and false and',
  },
  {
    name: 'an epoch that is not counted up',
    file: 'outbox/postgres/acquire.js',
    found: 'set owner = $1, epoch = l.epoch + 1,',
    put: 'set owner = $1, epoch = l.epoch,',
  },
];
