// Loaded before a test file: switches a mutant on, ends loops that it makes endless, and writes down which mutants were come by.

import { writeFileSync } from 'node:fs';
import { isJsonObject } from '../../src/model/segment-event.js';

/** Names of the variables by which it is told what to do, and of the library's own. */
export const OBSERVED = {
  /** File for an `Observation`. */
  coverage: 'MUTATION_COVERAGE',
  /** Times that the mutant may be come by. */
  hitLimit: 'MUTATION_HIT_LIMIT',
  active: '__STRYKER_ACTIVE_MUTANT__',
} as const;

/** What a run was like. */
export interface Observation {
  /** Processor time, in milliseconds. */
  readonly milliseconds: number;
  /** How often each mutant was come by, by its id. */
  readonly hits: Readonly<Record<string, number>>;
}

/** Where the instrumented files look for what is switched on. */
const NAMESPACE = '__stryker__';

const { [OBSERVED.coverage]: file, [OBSERVED.hitLimit]: hitLimit } = process.env;
const switches: { hitCount?: number; hitLimit?: number; mutantCoverage?: unknown } = {};
Reflect.set(globalThis, NAMESPACE, switches);
if (hitLimit !== undefined) {
  switches.hitCount = 0;
  switches.hitLimit = Number(hitLimit);
}
if (file !== undefined) {
  // A process that this one starts is not asked: it would write over the file.
  delete process.env[OBSERVED.coverage];
  process.on('exit', () => {
    const { mutantCoverage } = switches;
    const { user, system } = process.cpuUsage();
    const hits = isJsonObject(mutantCoverage) ? mutantCoverage.static : {};
    writeFileSync(file, JSON.stringify({ milliseconds: (user + system) / 1_000, hits }));
  });
}
