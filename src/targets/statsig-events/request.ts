// The request with which events go to Statsig's log_event.

import type { Delivery } from '../../outbox/outbox.js';
import { logEventBody, logEventHeaders } from '../../statsig/log-event.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import type { StatedRequest } from '../stated-target.js';

/**
 * One request for the events of a part, at least one.
 *
 * @param sessionId UUID of this run of the program, where it tells one
 */
export function logEventRequest(
  { eventsEndpoint, secretKey }: Pick<CompiledWorkspace, 'eventsEndpoint' | 'secretKey'>,
  part: readonly Pick<Delivery, 'payload' | 'attempts'>[],
  sessionId: string | undefined,
): StatedRequest {
  const retryCount = Math.max(...part.map(({ attempts }) => attempts));
  const headers = {
    ...logEventHeaders(secretKey, part.length),
    'statsig-retry-count': String(retryCount),
    ...(sessionId !== undefined && { 'statsig-server-session-id': sessionId }),
  };
  const body = logEventBody(part.map(({ payload }) => payload));
  return { method: 'POST', url: eventsEndpoint, headers, body, events: part.length };
}
