// The routes for operators: health, readiness, metrics, version.

import { toPrintable } from '../base/printable.js';
import { VERSION } from '../base/version.js';
import type { ProtocolCode, RouteCode } from '../http/route.js';
import { sendJsonText } from '../http/send-response.js';
import type { Metrics } from './metrics.js';
import type { ProcessReadiness } from './readiness.js';

/**
 * @param readiness how the process stands: whether it is ready for rudder-server is what /readyz answers 200 or 503 by, and whether it is for senders, /readyz/ingest
 * @param isWell whether senders are served now: 200 or 503, and nothing else, is what their listener says, because everybody may ask
 */
export function createOperationsRoutes(
  metrics: Pick<Metrics, 'scrape'>,
  readiness: () => Promise<ProcessReadiness>,
  isWell: () => boolean,
): ProtocolCode {
  const isServedWhileDraining = true;
  const tellReadiness = (of: 'transform' | 'ingest'): RouteCode => ({
    isServedWhileDraining,
    async handle(_request, response) {
      const { [of]: ready, warnings, checks, workers } = await readiness();
      const text = JSON.stringify({ ready, warnings, checks, ...(workers !== undefined && { workers }) });
      sendJsonText(response, ready ? 200 : 503, toPrintable(text));
    },
  });
  return {
    health: {
      isServedWhileDraining,
      handle: (_request, response) => sendJsonText(response, 200, JSON.stringify({ service: 'UP', version: VERSION })),
    },
    healthz: {
      isServedWhileDraining,
      handle: (_request, response) => sendJsonText(response, 200, '{"status":"ok"}'),
      handleForSenders: (_request, response) =>
        isWell() ? sendJsonText(response, 200, '{"status":"ok"}') : sendJsonText(response, 503, '{"status":"not ok"}'),
    },
    readyz: tellReadiness('transform'),
    readyzIngest: tellReadiness('ingest'),
    metrics: {
      isServedWhileDraining,
      async handle(_request, response) {
        const { contentType, text } = await metrics.scrape();
        response.setHeader('Content-Type', contentType);
        response.end(text);
      },
    },
    version: {
      handle(_request, response) {
        response.setHeader('Content-Type', 'text/plain; charset=utf-8');
        response.end(VERSION);
      },
    },
  };
}
