// Measures a first sync of audiences: how many calls of the Console API it takes, how long they take within Statsig's limit, and the memory for it.

import { runFirstSync } from './audiences/audiences-run.js';

const SYNC = { changes: Number(process.env.CHANGES ?? 1_000_000), lists: Number(process.env.LISTS ?? 5) };

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

const { calls, refused, virtualMs, wallMs, appendMs, highest, peakMiB, wrong } = await runFirstSync(SYNC);
console.log(`${SYNC.changes} changes over ${SYNC.lists} lists that do not exist yet`);
console.log(`calls:                ${calls}, ${refused} of them refused for the limit`);
console.log(`time within the limit: ${seconds(virtualMs)} (virtual clock)`);
for (const window of highest) {
  console.log(`most calls in ${seconds(window.windowMs).padStart(7)}: ${window.calls} of ${window.allowed}`);
}
console.log(`peak RSS:             ${peakMiB.toFixed(0)} MiB, the stand-in's lists included`);
console.log(`wall time:            ${seconds(appendMs)} to take the changes in, ${seconds(wallMs)} to send them`);
for (const line of wrong.slice(0, 20)) console.log(`WRONG: ${line}`);
if (wrong.length > 0 || refused > 0 || highest.some((window) => window.calls > window.allowed)) process.exitCode = 1;
