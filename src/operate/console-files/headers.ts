// What a browser is told about the console: load nothing from elsewhere, run nothing that is not a file of ours, be in nobody's frame.

import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** The one script within the page: where the modules lie. It is allowed by its hash. */
const IMPORT_MAP = /<script type="importmap">([^<]*)<\/script>/;

/** The policy for a page. @param html as it is sent */
export function contentPolicyOf(html: string): string {
  const map = IMPORT_MAP.exec(html)?.[1];
  const hash = map === undefined ? '' : ` 'sha256-${createHash('sha256').update(map).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src 'self'${hash}`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Headers of every answer under /console. */
export function setConsoleHeaders(response: ServerResponse, policy: string): void {
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  // Kept, and asked for by its ETag each time: after an upgrade no old file meets a new one.
  response.setHeader('Cache-Control', 'no-cache');
}
