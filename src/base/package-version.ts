// The version of this package, as its package.json has it. Bundles have it written in.

import { readFileSync } from 'node:fs';

const packageJson: { version: string } = JSON.parse(
  readFileSync(new URL(import.meta.resolve('statsig-cdp/package.json')), 'utf8'),
);

/** Semantic version of the package. */
export const VERSION = packageJson.version;
