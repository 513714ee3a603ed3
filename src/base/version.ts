// The name and version of this package, as Statsig and operators see them.

import { readFileSync } from 'node:fs';

const packageJson: { version: string } = JSON.parse(
  readFileSync(new URL(import.meta.resolve('statsig-cdp/package.json')), 'utf8'),
);

/** Semantic version of the package. */
export const VERSION = packageJson.version;

/** What our own calls name themselves. */
export const USER_AGENT = `statsig-cdp/${VERSION}`;

/** Whether a call names itself as ours do, of whatever version. It may be anybody's. */
export function isOwnAgent(agent: string | undefined): boolean {
  return agent?.startsWith('statsig-cdp/') === true;
}

/** What Statsig shows as the SDK of our events; the loop guard of the other direction knows them by it. */
export const SDK_TYPE = 'statsig-cdp';
