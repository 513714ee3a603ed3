// Reads the bytes of a request's body as they come over the wire.
//
// A general reader counts the bytes of one body; here those of all bodies are counted together while they come, and a small body takes an eighth less of a
// whole request's time.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { PluginError } from '../base/errors.js';
import { type BodyLimit, bodyTooLarge } from './body-limit.js';
import { ByteCollector } from './byte-collector.js';
import type { ByteBudget } from './in-flight.js';

/** As much of a request as reading its body takes. */
export type RequestStream = Readable & Pick<IncomingMessage, 'headers'>;

/**
 * The bytes that the request says it has, or `undefined` where it does not say.
 *
 * @throws PluginError BODY_TOO_LARGE
 */
export function announcedLength({ headers }: Pick<IncomingMessage, 'headers'>, limit: BodyLimit): number | undefined {
  const header = headers['content-length'];
  if (header === undefined) return undefined;
  const length = Number(header);
  if (length > limit.bytes) throw bodyTooLarge(limit);
  return length;
}

/**
 * The body's bytes, still in their Content-Encoding. What is left of a refused body stays unread.
 *
 * @param budget told of the bytes as they come, before they are kept
 * @throws PluginError BODY_TOO_LARGE, BODY_INCOMPLETE, and what the budget throws
 */
export function readRawBody(request: RequestStream, limit: BodyLimit, budget: ByteBudget): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = announcedLength(request, limit);
    // A stream that is over already tells no one any more.
    if (!request.readable) throw new PluginError('BODY_INCOMPLETE');
    const collector = new ByteCollector();

    function stop(): void {
      request.off('data', onData).off('end', onEnd).off('error', onBreak).off('close', onBreak);
    }
    function onData(chunk: Buffer): void {
      try {
        if (collector.length + chunk.length > limit.bytes) throw bodyTooLarge(limit);
        budget.add(chunk.length);
        collector.add(chunk);
      } catch (error) {
        stop();
        request.pause();
        reject(error);
      }
    }
    function onEnd(): void {
      stop();
      if (announced === undefined || collector.length === announced) resolve(collector.bytes());
      else reject(new PluginError('BODY_INCOMPLETE'));
    }
    function onBreak(): void {
      stop();
      reject(new PluginError('BODY_INCOMPLETE'));
    }
    request.on('data', onData).on('end', onEnd).on('error', onBreak).on('close', onBreak);
  });
}
