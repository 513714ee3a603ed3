// Loaded into the process before anything else: each request that it sends says which run of the process sends it.

import { subscribe } from 'node:diagnostics_channel';

/** The header that says it. */
export const RUN_HEADER = 'x-run';

/** The variable that tells the process. */
export const RUN_VARIABLE = 'TORTURE_RUN';

function canTakeHeaders(value: unknown): value is { addHeader(name: string, value: string): void } {
  return typeof value === 'object' && value !== null && 'addHeader' in value;
}

const run = process.env[RUN_VARIABLE];
if (run !== undefined)
  subscribe('undici:request:create', (message) => {
    const isNews = typeof message === 'object' && message !== null && 'request' in message;
    if (isNews && canTakeHeaders(message.request)) message.request.addHeader(RUN_HEADER, run);
  });
