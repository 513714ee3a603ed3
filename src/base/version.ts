// The name and version of this package, as Statsig and operators see them.

import { VERSION } from './package-version.js';

export { VERSION };

/** What our own calls name themselves. */
export const USER_AGENT = `statsig-cdp/${VERSION}`;

/** Whether a call names itself as ours do, of whatever version. It may be anybody's. */
export function isOwnAgent(agent: string | undefined): boolean {
  return agent?.startsWith('statsig-cdp/') === true;
}

/** What Statsig shows as the SDK of our events; the loop guard of the other direction knows them by it. */
export const SDK_TYPE = 'statsig-cdp';
