// /api/outbox: an operator says that damage has been seen.

import type { RouteCode } from '../http/route.js';
import { sendJsonText } from '../http/send-response.js';
import type { Outbox } from '../outbox/outbox.js';
import type { OperatorAccess } from './access/operator-access.js';

/** @param access checked before the outbox is asked for */
export function createOutboxRoutes(
  outbox: () => Promise<Outbox>,
  access: OperatorAccess,
): Readonly<Record<'acknowledgeDamage', RouteCode>> {
  return {
    acknowledgeDamage: {
      async handle(request, response) {
        await access.assertWrite(request);
        const acknowledged = await (await outbox()).acknowledge();
        sendJsonText(response, 200, JSON.stringify({ acknowledged }));
      },
    },
  };
}
