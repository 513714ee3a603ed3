// /api/outbox: an operator says that damage has been seen.

import { Router } from 'express';
import { sendJsonText } from '../http/answer.js';
import type { Outbox } from '../outbox/outbox.js';
import { type AdminAccess, assertAdmin } from './admin-token.js';

/** @param access checked before the outbox is asked for */
export function createOutboxRouter(outbox: () => Promise<Outbox>, access: () => Promise<AdminAccess>): Router {
  const router = Router({ caseSensitive: true });
  router.post('/api/outbox/acknowledge', async (request, response) => {
    await assertAdmin(access, request);
    const acknowledged = await (await outbox()).acknowledge();
    sendJsonText(response, 200, JSON.stringify({ acknowledged }));
  });
  return router;
}
