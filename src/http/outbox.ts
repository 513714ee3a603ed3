// /api/outbox: an operator says that damage has been seen.

import { Router } from 'express';
import type { Outbox } from '../delivery/outbox/outbox.js';
import { PluginError } from '../errors.js';
import type { AdminAccess } from './admin-token.js';
import { sendJsonText } from './answer.js';

/** @param access checked before the outbox is asked for */
export function createOutboxRouter(outbox: () => Promise<Outbox>, access: () => Promise<AdminAccess>): Router {
  const router = Router({ caseSensitive: true });
  router.post('/api/outbox/acknowledge', async (request, response) => {
    if (!(await access()).isAllowed(request)) throw new PluginError('ADMIN_REFUSED');
    const acknowledged = await (await outbox()).acknowledge();
    sendJsonText(response, 200, JSON.stringify({ acknowledged }));
  });
  return router;
}
