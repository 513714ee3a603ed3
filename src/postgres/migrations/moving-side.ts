// What is kept of moves of an outbox, from here and to here.

/** Needs a schema that is looked into first. */
export const MOVING_SIDE = `
create table move (
  name text primary key,
  texts jsonb not null
);`;
