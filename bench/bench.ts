// The speed benchmark: measures each row against its floor, its peer or its goal, prints all of it, and fails on none.
//
//   npm run bench [row...]      `shared` stands for all rows of the shared outbox, which need PostgreSQL and run only when they are asked for

import { availableParallelism, loadavg } from 'node:os';
import { startLoadGenerator } from './performance/load-generator.js';
import { readOptions } from './performance/options.js';
import type { Bench, Verdict } from './performance/row.js';
import { ROWS } from './performance/rows.js';
import { SHARED_ROWS } from './shared/rows.js';

const loads = () =>
  loadavg()
    .map((load) => load.toFixed(1))
    .join(' ');

function wordFor({ reached }: Verdict): string {
  if (reached === undefined) return 'not measured';
  return reached ? 'reached' : 'not reached';
}

function verdictText(verdict: Verdict): string {
  return `${wordFor(verdict)}: ${verdict.goal}: ${verdict.measured}`;
}

const wanted = process.argv.slice(2);
const all = [...ROWS, ...SHARED_ROWS];
const isWanted = (name: string, id: string) =>
  id === name || (name === 'shared' && SHARED_ROWS.some((row) => row.id === id));
const unknown = wanted.filter((name) => !all.some(({ id }) => isWanted(name, id)));
if (unknown.length > 0) {
  console.error(`No row ${unknown.join(', ')}. There are: shared, ${all.map(({ id }) => id).join(', ')}`);
  process.exit(1);
}
const rows = wanted.length === 0 ? ROWS : all.filter(({ id }) => wanted.some((name) => isWanted(name, id)));

const options = readOptions(process.env);
const { seconds, rounds, stock } = options;
console.log(
  `${new Date().toISOString()}, Node ${process.version}, ${availableParallelism()} cores, load ${loads()} before; ${rounds} rounds of ${seconds} s; ${stock === undefined ? 'no stock transformer (PEER_URL)' : `stock transformer on ${stock.port}, process ${stock.pid ?? 'unknown'}`}`,
);
const bench: Bench = { options, generator: startLoadGenerator(), hitRates: new Map() };
const lines: string[] = [];
try {
  for (const row of rows) {
    console.log(`\n${row.id}: ${row.title}`);
    const verdicts = await row.run(bench);
    const hitRate = bench.hitRates.get(row.id);
    if (hitRate !== undefined) console.log(`  compiled settings found: ${(hitRate * 100).toFixed(3)} %`);
    for (const verdict of verdicts) {
      console.log(`  ${verdictText(verdict)}`);
      lines.push(`${row.id.padEnd(18)}${verdictText(verdict)}`);
    }
  }
} finally {
  await bench.generator.close();
}
console.log(`\n${lines.join('\n')}\nload ${loads()} after`);
