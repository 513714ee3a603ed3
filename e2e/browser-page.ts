// Serves the page that Segment's browser SDK runs on, and takes its report.

import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { serve } from '../testkit/loopback.js';

/** What the page does. All of it is JSON: the page reads it. */
export interface Visit {
  /** First argument of the SDK's `load`. */
  readonly load: object;
  /** Second argument. */
  readonly options?: object;
  /** Calls in order: the name of the method and its arguments. */
  readonly calls: readonly (readonly unknown[])[];
  /** True when the page is left for another as soon as the calls are made. */
  readonly leave?: boolean;
}

/** What the page says once all calls are made. */
export interface Report {
  readonly messageIds: readonly string[];
  /** What the SDK could not deliver and gave up, why. */
  readonly failures: readonly string[];
  /** What the SDK reads from the browser. */
  readonly page: {
    readonly url: string;
    readonly path: string;
    readonly title: string;
    readonly userAgent: string;
    readonly locale: string;
  };
}

/** A page that is served. */
export interface Page {
  /** Of its origin, which is not the plugin's: another port, and another host name for the same machine. */
  readonly url: string;
  /** `undefined` until the page has reported. */
  readonly report: () => Report | undefined;
  /** What the page tried to reach and must not: anything but its own origin and the plugin. */
  readonly violations: readonly string[];
  readonly close: () => Promise<void>;
}

/** What is served. */
export interface PageOptions {
  /** Decides, given the page's origin. */
  readonly makeVisit: (pageUrl: string) => Visit;
  /** File of the SDK. */
  readonly sdkFile: string;
  /** The only other origin that the page may call. */
  readonly pluginUrl: string;
  /** Default: a free one. */
  readonly port?: number;
}

const SCRIPT = new URL('../../e2e/browser/page.js', import.meta.url);

const HTML = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shop – Ünïcode</title><link rel="icon" href="data:,">
<script src="/sdk.js"></script><script type="module" src="/page.js"></script></head><body></body></html>`;

/** What Segment's CDN answers for a write key that Segment knows. */
function segmentSettings(path: string): string | undefined {
  const [, apiKey] = /^\/v1\/projects\/([^/]+)\/settings$/.exec(path) ?? [];
  return apiKey && JSON.stringify({ integrations: { 'Segment.io': { apiKey } }, metrics: { sampleRate: 0 } });
}

function readViolation(body: string): string {
  const report: { 'csp-report'?: { 'blocked-uri'?: string } } = JSON.parse(body);
  return report['csp-report']?.['blocked-uri'] ?? body;
}

/** Serves the page on a free loopback port. */
export async function servePage({ makeVisit, sdkFile, pluginUrl, port: asked = 0 }: PageOptions): Promise<Page> {
  let report: Report | undefined;
  const violations: string[] = [];

  async function answer(request: IncomingMessage): Promise<readonly [type: string, body: string | Buffer] | undefined> {
    const path = request.url ?? '';
    if (path === '/' || path === '/left') return ['text/html', path === '/' ? HTML : '<!doctype html>left'];
    if (path === '/sdk.js') return ['text/javascript', readFileSync(sdkFile)];
    if (path === '/page.js') return ['text/javascript', readFileSync(SCRIPT)];
    if (path === '/visit.json')
      return ['application/json', JSON.stringify(makeVisit(`http://${request.headers.host}`))];
    if (path === '/report') report = JSON.parse(await text(request));
    else if (path === '/violation') violations.push(readViolation(await text(request)));
    else {
      const settings = segmentSettings(path);
      return settings === undefined ? undefined : ['application/json', settings];
    }
    return ['text/plain', ''];
  }

  const policy = `default-src 'self'; img-src data:; connect-src 'self' ${pluginUrl}; report-uri /violation`;
  const { port, close } = await serve(async (request, response) => {
    const found = await answer(request);
    if (found === undefined) {
      response.writeHead(404).end();
      return;
    }
    const [type, body] = found;
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': policy });
    response.end(body);
  }, asked);
  return { url: `http://localhost:${port}`, report: () => report, violations, close };
}
