// `npm run breaks`: takes the guards of the shared outbox away one by one, and says which test sees each. Exits with 1 where none does.
//
// ONLY=epoch tries those with this in their name. Needs PostgreSQL.

import { startSharedCluster, TEST_POSTGRES_URL } from '../testkit/postgres.js';
import { TEST_PATIENCE_MS } from '../testkit/until.js';
import { BREAKS } from './breaks/list.js';
import { runUntilFailure } from './breaks/run.js';
import { copyTree } from './breaks/tree.js';

/** What a test waits for here either comes soon or never, for it came in the run without a break. */
const PATIENCE_MS = 20_000;

const { ONLY = '' } = process.env;
const chosen = BREAKS.filter(({ name }) => name.includes(ONLY));
const cluster = await startSharedCluster();
const tree = copyTree();
let unseen = 0;
try {
  process.env[TEST_POSTGRES_URL] = cluster.url;
  process.env[TEST_PATIENCE_MS] = String(PATIENCE_MS);
  const whole = await runUntilFailure(tree.directory);
  if (whole.failed !== undefined) throw new Error(`without a break, too, a test fails: ${whole.failed}`);
  console.log(`${whole.seconds.toFixed(1).padStart(6)} s  nothing broken: all tests pass`);
  for (const broken of chosen) {
    const repair = tree.break(broken);
    const { failed, seconds } = await runUntilFailure(tree.directory);
    repair();
    if (failed === undefined) unseen += 1;
    console.log(`${seconds.toFixed(1).padStart(6)} s  ${broken.name}\n          ${failed ?? 'NOT SEEN'}`);
  }
} finally {
  tree.remove();
  await cluster.close();
}
console.log(`${chosen.length - unseen} of ${chosen.length} seen`);
process.exit(unseen === 0 ? 0 : 1);
