// Attacks a real process in every way it knows and prints what happened; exits with 1 when a promise did not hold.

import { HOSTILE_ADDRESSES } from './hostile/addresses.js';
import { runAnonymous } from './hostile/anonymous-run.js';
import { type AttemptGroup, type AttemptResult, runGroup } from './hostile/attempt.js';
import { HOSTILE_BODIES, HOSTILE_LISTS } from './hostile/bodies.js';
import { HOSTILE_BOMBS } from './hostile/bombs.js';
import { HOSTILE_CONSOLE, HOSTILE_CONSOLE_HERE } from './hostile/console.js';
import { HOSTILE_EXPRESSIONS } from './hostile/expressions.js';
import { HOSTILE_FORGERY } from './hostile/forgery.js';
import { HOSTILE_FORMS } from './hostile/large-forms.js';
import { HOSTILE_NEIGHBOURS } from './hostile/neighbours.js';
import { HOSTILE_OUTSIDE } from './hostile/outside.js';
import { HOSTILE_PATHS } from './hostile/paths.js';
import { HOSTILE_SLOW } from './hostile/slow.js';
import { HOSTILE_STRANGERS } from './hostile/strangers.js';
import { HOSTILE_VALUES } from './hostile/values.js';
import { HOSTILE_WIRE } from './hostile/wire.js';

const GROUPS: readonly AttemptGroup[] = [
  HOSTILE_BODIES,
  HOSTILE_LISTS,
  HOSTILE_VALUES,
  HOSTILE_FORMS,
  HOSTILE_BOMBS,
  HOSTILE_WIRE,
  HOSTILE_PATHS,
  HOSTILE_ADDRESSES,
  HOSTILE_FORGERY,
  HOSTILE_NEIGHBOURS,
  HOSTILE_OUTSIDE,
  HOSTILE_STRANGERS,
  HOSTILE_EXPRESSIONS,
  HOSTILE_SLOW,
  HOSTILE_CONSOLE,
  HOSTILE_CONSOLE_HERE,
];

/** A part of a group's title, where only that group is wanted. */
const only = (process.argv[2] ?? process.env.ONLY ?? '').toLowerCase();
const force = process.env.FORCE === 'short' ? 'short' : 'full';

function row({ what, promise, seen, held, longestWaitMs, grownMiB }: AttemptResult): string {
  return `| ${[what, promise, seen, held ? 'yes' : '**NO**', longestWaitMs, grownMiB].join(' | ')} |`;
}

/** @returns how many promises did not hold */
async function attackAnonymously(): Promise<number> {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000));
  const rounds = Number(process.env.ROUNDS ?? (force === 'short' ? 10 : 300));
  console.log(`\n## Anonymous attackers: 1 MB and 10 requests each on the public port, heap of 512 MB, seed ${seed}\n`);
  const outcome = await runAnonymous({ seed, rounds, calmMs: 200 }, (line) => console.log(line));
  const answers = [...outcome.answers].map(([status, count]) => `${status} × ${count}`).join(', ');
  console.log(`${outcome.rounds} attackers; answers: ${answers}`);
  console.log(
    `others waited (p99) ${outcome.calmP99.toFixed(1)} ms between the attacks, ${outcome.attackedP99.toFixed(1)} ms meanwhile, ${outcome.slowest.p99.toFixed(1)} ms in the slowest kind (${outcome.slowest.name}); work took ${outcome.strain.toFixed(2)} times its processor time`,
  );
  const { name, processorMs } = outcome.dearest;
  console.log(
    `the dearest attacker (${name}) cost ${processorMs.toFixed(0)} ms of processor time, requests of others included`,
  );
  for (const each of outcome.broken) console.log(`BROKEN: ${each}`);
  return outcome.broken.length;
}

let broken = 0;
for (const group of GROUPS.filter(({ title }) => title.toLowerCase().includes(only))) {
  console.log(`\n## ${group.title}\n`);
  console.log('| Tried | Promised | Seen | Held | Others waited at most, ms | Memory grew by, MiB |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  await runGroup(group, force, (result) => {
    console.log(row(result));
    if (!result.held) broken += 1;
  });
}
if ('anonymous'.includes(only)) broken += await attackAnonymously();
console.log(broken === 0 ? '\nEvery promise held.' : `\n${broken} promises did not hold.`);
process.exitCode = broken === 0 ? 0 : 1;
