// An app that listens and takes webhooks that are signed as Statsig signs them.

import { createHmac } from 'node:crypto';
import { testApp } from './app.js';
import { serve } from './loopback.js';
import { sumSamples } from './metric-samples.js';
import { until } from './until.js';

/** What workspaces that Statsig posts to have among their `outbound.signingSecrets`. */
export const SIGNING_SECRET = 'webhook-example';

const CLOSE_MS = 20_000;

/** What the webhook is answered. */
export interface WebhookAnswer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly rejected: readonly unknown[];
}

/** A running app. */
export interface OutboundApp {
  readonly url: string;
  /** Posts a webhook. @param body JSON text @throws Error when it is not answered 200 */
  post(workspace: string, body: string): Promise<WebhookAnswer>;
  /** The sum of a metric's samples that have these labels. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** Resolves when nothing waits in the outbox. @throws Error when that never happens */
  drained(): Promise<void>;
  close(): Promise<void>;
}

/** Starts an app with these settings documents on the outbox in the directory, and delivers what is in it. */
export async function startOutboundApp(documents: readonly object[], outboxDirectory: string): Promise<OutboundApp> {
  const app = testApp({ documents, environment: { OUTBOX_DIRECTORY: outboxDirectory } });
  const { url, close } = await serve(app.handler);
  await app.start();
  const metric: OutboundApp['metric'] = async (name, labels = {}) =>
    sumSamples(await (await fetch(`${url}/metrics`)).text(), name, labels);
  return {
    url,
    metric,
    async post(workspace, body) {
      const timestamp = String(Date.now());
      const signature = createHmac('sha256', SIGNING_SECRET).update(`v0:${timestamp}:${body}`).digest('hex');
      const ask = async () => {
        const response = await fetch(`${url}/statsig/${workspace}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-statsig-signature': `v0=${signature}`,
            'x-statsig-request-timestamp': timestamp,
          },
          body,
        });
        return { status: response.status, text: await response.text() };
      };
      let { status, text } = await ask();
      // A busy machine opens the outbox slowly, and senders try again.
      while (status === 503 && text.includes('is being read')) ({ status, text } = await ask());
      if (status !== 200) throw new Error(`the webhook was answered ${status}: ${text}`);
      return JSON.parse(text);
    },
    // Not by /metrics, which measures the whole process each time.
    drained: () =>
      until(async () => {
        const { checks } = JSON.parse(await (await fetch(`${url}/readyz`)).text());
        const lanes: readonly { readonly waiting: number }[] = checks.delivery.outbox.lanes;
        return lanes.every(({ waiting }) => waiting === 0);
      }, 'nothing waits in the outbox'),
    async close() {
      await close();
      await app.close(CLOSE_MS);
    },
  };
}
