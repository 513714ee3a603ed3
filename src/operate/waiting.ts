// /api/waiting/drop: forgets what is kept for a target that nothing is delivered to any more.

import { PluginError } from '../base/errors.js';
import type { DeliveryService } from '../dispatch/delivery-service.js';
import type { RequestReader } from '../http/request-reader.js';
import type { RouteCode } from '../http/route.js';
import { sendJsonText } from '../http/send-response.js';
import { isJsonObject } from '../model/segment-event.js';
import type { OperatorAccess } from './access/operator-access.js';

/** Takes `{"workspace": "...", "target": "..."}`, answers `{"dropped": 1, "left": 0}`. */
export function createWaitingRoutes(
  dropAll: DeliveryService['dropAll'],
  access: OperatorAccess,
  reader: RequestReader,
): Readonly<Record<'dropWaiting', RouteCode>> {
  return {
    dropWaiting: {
      async handle(request, response) {
        await access.assertWrite(request);
        await reader.withBody(request, async (body) => {
          const named = await body.parse();
          if (!isJsonObject(named) || typeof named.workspace !== 'string' || typeof named.target !== 'string')
            throw new PluginError('TARGET_NOT_NAMED');
          sendJsonText(response, 200, JSON.stringify(await dropAll(named.workspace, named.target)));
        });
      },
    },
  };
}
