// Attempts that call for other addresses, and the canary that shows whether one was called.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from './attempt.js';
import { describeAll, type HostileAnswer } from './request.js';
import type { HostileRig } from './rig.js';

/** What is promised of all of them. */
export const NO_OTHER_HOST = 'no host but those of the settings is called';

/** Runs and tells whether anybody called the canary. */
export async function unseen(
  rig: HostileRig,
  run: () => Promise<readonly HostileAnswer[]>,
  isRight: (answers: readonly HostileAnswer[]) => boolean = () => true,
): Promise<Observation> {
  const before = rig.canaryCalls.length;
  const answers = await run();
  await sleep(200);
  const calls = rig.canaryCalls.slice(before);
  const seen = `${describeAll(answers)}; ${calls.length === 0 ? 'no host was called' : `called: ${calls.join(', ')}`}`;
  return { seen, held: calls.length === 0 && isRight(answers) };
}

/** A request for delivery, as rudder-server hands it over. */
export function deliveryRequest(endpoint: unknown, parts: object = {}) {
  const request = {
    version: '1',
    type: 'REST',
    method: 'POST',
    endpoint,
    headers: {},
    params: {},
    body: { JSON: { events: [{}] } },
  };
  return { ...request, metadata: [{ jobId: 1 }], ...parts };
}
