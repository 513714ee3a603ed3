// Proves the delivery guarantees the hard way; exits with 1 when a promise is broken.
//
//   npm run torture               the embedded outbox: KILLS kills in SECONDS seconds while Statsig and all other targets fail
//   npm run torture -- postgres   the shared outbox: replicas and the database are killed, stopped and cut off
//   npm run torture -- standby    the shared outbox, whose synchronous standby goes away, comes back and is promoted

import { loadavg } from 'node:os';
import { tortureEmbedded } from './torture/embedded.js';
import { tortureShared } from './torture/shared/shared.js';
import { tortureStandby } from './torture/shared/standby.js';

const TORTURES: Readonly<Record<string, () => Promise<readonly string[]>>> = {
  embedded: tortureEmbedded,
  postgres: tortureShared,
  standby: tortureStandby,
};

const name = process.argv[2] ?? 'embedded';
const torture = TORTURES[name];
if (torture === undefined) {
  console.error(`No torture ${name}. There are: ${Object.keys(TORTURES).join(', ')}`);
  process.exit(1);
}
const loads = () =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
console.log(`load of the machine before: ${loads()}`);
const broken = await torture();
for (const sentence of broken) console.log(`BROKEN: ${sentence}`);
console.log(broken.length === 0 ? 'Every promise held.' : 'Repeat it with the same SEED.');
console.log(`load of the machine after: ${loads()}`);
process.exit(broken.length === 0 ? 0 : 1);
