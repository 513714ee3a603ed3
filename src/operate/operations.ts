// The routes for operators: health, readiness, metrics, version.

import { toPrintable } from '../base/printable.js';
import { VERSION } from '../base/version.js';
import type { ProtocolCode } from '../http/route.js';
import { sendJsonText } from '../http/send-response.js';
import type { Metrics } from './metrics.js';
import type { ReadinessCheck } from './readiness.js';

/**
 * @param checks all must be ok for /readyz to answer 200
 * @param isWell whether senders are served now: 200 or 503, and nothing else, is what their listener says, because everybody may ask
 */
export function createOperationsRoutes(
  metrics: Metrics,
  checks: readonly ReadinessCheck[],
  isWell: () => boolean,
): ProtocolCode {
  const isServedWhileDraining = true;
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
    readyz: {
      isServedWhileDraining,
      handle(_request, response) {
        const judged = checks.map(({ name, check }) => ({ name, ...check() }));
        const ready = judged.every(({ readiness }) => readiness.ok);
        const warnings = judged.flatMap(({ name, warnings }) => warnings.map((warning) => `${name}: ${warning}`));
        const results = Object.fromEntries(judged.map(({ name, readiness }) => [name, readiness]));
        sendJsonText(response, ready ? 200 : 503, toPrintable(JSON.stringify({ ready, warnings, checks: results })));
      },
    },
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
