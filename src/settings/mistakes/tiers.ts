// Finds names of environments that are almost those of Statsig.

import type { Mistake } from './mistake.js';
import { stringsAt } from './strings-at.js';

/** Every Statsig project has these. */
const TIERS = ['production', 'staging', 'development'];

/** The tier that people mean by it. */
const MEANT: Readonly<Record<string, string>> = {
  prod: 'production',
  prd: 'production',
  stage: 'staging',
  stg: 'staging',
  dev: 'development',
  ...Object.fromEntries(TIERS.map((tier) => [tier, tier])),
};

/** Warnings for environments that are almost a tier of Statsig, which would be one of their own. */
export function* findTierMistakes(settings: object): Generator<Mistake, void> {
  const tiers = [
    ...stringsAt(settings, ['defaultEnvironment']),
    ...stringsAt(settings, ['environmentMappings'], 'to'),
    ...stringsAt(settings, ['outbound', 'environments']),
  ];
  for (const { at, text } of tiers) {
    const small = text.trim().toLowerCase();
    const meant = Object.hasOwn(MEANT, small) ? MEANT[small] : undefined;
    if (meant !== undefined && meant !== text)
      yield { kind: 'warning', at, message: `is another environment than Statsig's ${meant}, which is written so` };
  }
}
