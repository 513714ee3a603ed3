// The routes for operators: health, readiness, metrics, version.

import { Router } from 'express';
import { toPrintable } from '../base/printable.js';
import { VERSION } from '../base/version.js';
import { sendJsonText } from '../http/answer.js';
import type { Metrics } from './metrics.js';
import type { ReadinessCheck } from './readiness.js';

/** @param checks all must be ok for /readyz to answer 200 */
export function createOperationsRouter(metrics: Metrics, checks: readonly ReadinessCheck[]): Router {
  const router = Router({ caseSensitive: true });
  router.get('/health', (_request, response) =>
    sendJsonText(response, 200, JSON.stringify({ service: 'UP', version: VERSION })),
  );
  router.get('/healthz', (_request, response) => sendJsonText(response, 200, '{"status":"ok"}'));
  router.get('/readyz', (_request, response) => {
    const results = Object.fromEntries(checks.map(({ name, check }) => [name, check()]));
    const ready = Object.values(results).every(({ ok }) => ok);
    sendJsonText(response, ready ? 200 : 503, toPrintable(JSON.stringify({ ready, checks: results })));
  });
  router.get('/metrics', async (_request, response) => {
    const { contentType, text } = await metrics.scrape();
    response.setHeader('Content-Type', contentType);
    response.end(text);
  });
  router.get(['/version', '/buildVersion'], (_request, response) => {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    response.end(VERSION);
  });
  return router;
}

/**
 * `/healthz` of the public port: 200 or 503, and nothing else, because everybody may ask.
 *
 * @param isWell whether senders are served now
 */
export function createHealthRouter(isWell: () => boolean): Router {
  const router = Router({ caseSensitive: true });
  router.get('/healthz', (_request, response) =>
    isWell() ? sendJsonText(response, 200, '{"status":"ok"}') : sendJsonText(response, 503, '{"status":"not ok"}'),
  );
  return router;
}
