// /api/outbox: an operator says that damage has been seen.

import type { RouteCode } from '../http/route.js';
import { sendJsonText } from '../http/send-response.js';
import type { Outbox } from '../outbox/outbox.js';
import { type AdminAccess, assertAdmin } from './admin-token.js';

/** @param access checked before the outbox is asked for */
export function createOutboxRoutes(
  outbox: () => Promise<Outbox>,
  access: () => Promise<AdminAccess>,
): Readonly<Record<'acknowledgeDamage', RouteCode>> {
  return {
    acknowledgeDamage: {
      async handle(request, response) {
        await assertAdmin(access, request);
        const acknowledged = await (await outbox()).acknowledge();
        sendJsonText(response, 200, JSON.stringify({ acknowledged }));
      },
    },
  };
}
