// Injects faults into the real process and prints what was promised and what was seen; exits with 1 when a promise did not hold.

import { loadavg } from 'node:os';
import { FAULTS } from './faults/catalog.js';
import { reportFault, runFault, TABLE_HEAD } from './faults/report.js';

const { ONLY: only, FORCE: force, SEED: seed = String(Date.now() % 1_000_000) } = process.env;
const chosen = FAULTS.filter(({ name }) => only === undefined || only.split(',').includes(name));
if (chosen.length === 0) throw new Error(`ONLY is some of ${FAULTS.map(({ name }) => name).join(', ')}`);

const load = loadavg().map((value) => value.toFixed(1));
console.log(`seed ${seed}; load of the machine before: ${load.join(' ')}\n`);
for (const line of TABLE_HEAD) console.log(line);
let broken = 0;
for (const fault of chosen) {
  const seen = await runFault(fault, { seed: Number(seed), short: force === 'short' });
  for (const line of reportFault(fault, seen)) console.log(line);
  broken += seen.broken.length > 0 ? 1 : 0;
}
console.log(broken === 0 ? '\nEvery promise held.' : `\n${broken} promises did not hold.`);
process.exitCode = broken === 0 ? 0 : 1;
