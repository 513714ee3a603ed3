// /api/outbox and /api/waiting: damage has been seen, and what waits for a target that is gone is forgotten.

import type { DeliveryService } from '../../dispatch/delivery-service.js';
import { createOperatorRoutes, type OperatorApi } from '../api/operator-routes.js';
import type { OutboxRoutes } from './shapes.js';

/** The routes about what is kept for delivery. */
export function createOutboxRoutes(api: OperatorApi, { outbox, dropAll }: Pick<DeliveryService, 'outbox' | 'dropAll'>) {
  return createOperatorRoutes<OutboxRoutes>(api, {
    async acknowledgeDamage() {
      return { acknowledged: await (await outbox()).acknowledge() };
    },
    dropWaiting: ({ body: { workspace, target } }) => dropAll(workspace, target),
  });
}
