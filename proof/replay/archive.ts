// Makes an archive as Segment keeps one: gzip of one event on each line, in folders by source and day.

import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';

/** Bytes of a file of Segment's, decompressed, at most (Segment's documentation, Amazon S3). */
const MAX_FILE_BYTES = 100_000_000;

/** Bytes that are written at once. */
const CHUNK_BYTES = 1_000_000;

/** What was made. */
export interface Archive {
  readonly directory: string;
  /** They are numbered from 0. */
  readonly events: number;
  /** Decompressed. */
  readonly bytes: number;
}

/** An event of a size as SDKs send them; every tenth has no messageId, and the number stands in `order`. */
export function archivedEvent(number: number, now: number): object {
  const timestamp = new Date(now - 3_600_000 - (number % 3_600_000)).toISOString();
  return {
    type: 'track',
    event: `Order ${number % 7}`,
    userId: `user-${number % 5000}`,
    anonymousId: `anonymous-${number}`,
    ...(number % 10 !== 0 && { messageId: `message-${number}-0123456789abcdef` }),
    timestamp,
    sentAt: timestamp,
    receivedAt: timestamp,
    context: {
      ip: '203.0.113.7',
      locale: 'en-US',
      library: { name: 'analytics.js', version: '4.1.0' },
      page: { path: '/checkout', title: 'Checkout', url: 'https://shop.example/checkout?from=cart' },
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
      timezone: 'Europe/Berlin',
    },
    integrations: {},
    properties: { order: `o-${number}`, revenue: number % 100, currency: 'USD', coupon: 'SPRING', plan: 'pro' },
  };
}

/** @param bytes how much it holds, decompressed, at least */
export async function makeArchive(directory: string, bytes: number, now: number): Promise<Archive> {
  const day = Math.floor((now - 3_600_000) / 86_400_000) * 86_400;
  const folder = join(directory, 'segment-logs', 'web', String(day));
  mkdirSync(folder, { recursive: true });
  let events = 0;
  let written = 0;
  for (let files = 0; written < bytes; files += 1) {
    const gzip = createGzip({ level: 1 });
    const file = gzip.pipe(createWriteStream(join(folder, `${String(files).padStart(4, '0')}.gz`)));
    const end = Math.min(bytes, written + MAX_FILE_BYTES);
    while (written < end) {
      let text = '';
      while (text.length < CHUNK_BYTES && written + text.length < end) {
        text += `${JSON.stringify(archivedEvent(events, now))}\n`;
        events += 1;
      }
      written += text.length;
      if (!gzip.write(text)) await once(gzip, 'drain');
    }
    gzip.end();
    await once(file, 'finish');
  }
  return { directory, events, bytes: written };
}
