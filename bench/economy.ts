// Measures what the economy of exposures saves: calls to Segment and tracked users, with each setting alone and with all of them.

import { ALL_SENT, ECONOMY_CASES } from '../testkit/economy/cases.js';
import { makeExposures } from '../testkit/economy/exposures.js';
import { runEconomy } from '../testkit/economy/run.js';
import { toWebhooks } from '../testkit/economy/webhooks.js';

const TRAFFIC = { seed: Number(process.env.SEED ?? 1), exposures: 10_000, users: 1_000, experiments: 20 };
const PER_WEBHOOK = 100;

function saving(before: number, after: number): string {
  return `${((1 - after / before) * 100).toFixed(1)} %`;
}

function printRow(cells: readonly (string | number)[]): void {
  const [title = '', ...numbers] = cells;
  console.log(`${String(title).padEnd(34)}${numbers.map((cell) => String(cell).padStart(10)).join('')}`);
}

const { seed, exposures, users, experiments } = TRAFFIC;
const webhooks = toWebhooks(makeExposures(TRAFFIC), PER_WEBHOOK, seed);
const repeated = webhooks.length - new Set(webhooks).size;
console.log(
  `${exposures} exposures of ${users} users over ${experiments} experiments, in ${webhooks.length} webhooks, ${repeated} of them repetitions (SEED=${seed})`,
);
const results = await runEconomy(webhooks, ECONOMY_CASES);
const countsOf = (id: string) => {
  const { messageIds = [], trackedUsers = 0 } = results.get(id) ?? {};
  return { calls: new Set(messageIds).size, trackedUsers };
};
const before = countsOf(ALL_SENT.id);
printRow(['', 'calls', 'saved', 'MTU', 'saved']);
for (const { id, title } of ECONOMY_CASES) {
  const { calls, trackedUsers } = countsOf(id);
  printRow([title, calls, saving(before.calls, calls), trackedUsers, saving(before.trackedUsers, trackedUsers)]);
}
