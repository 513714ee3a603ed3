// /api/dead-letters: lists events that were given up, puts them back, forgets them.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PluginError } from '../base/errors.js';
import { parseJson } from '../base/json.js';
import { toPrintable } from '../base/printable.js';
import { queryOf } from '../http/address.js';
import type { RequestReader } from '../http/request-reader.js';
import type { ProtocolCode, RouteHandler } from '../http/route.js';
import { sendJsonText } from '../http/send-response.js';
import { isJsonObject } from '../model/segment-event.js';
import { insist, isUnavailable } from '../outbox/insist.js';
import type { DeadLetter, Outbox } from '../outbox/outbox.js';
import type { OperatorAccess } from './access/operator-access.js';

/** With each payload as the Statsig event or the call of a CDP that it is; as a string where the disk has damaged it. */
async function* toLines(letters: AsyncIterable<DeadLetter>): AsyncGenerator<string> {
  for await (const letter of letters) {
    const payload = parseJson(letter.payload) ?? letter.payload;
    yield `${toPrintable(JSON.stringify({ ...letter, payload }))}\n`;
  }
}

async function* ofTarget(letters: AsyncIterable<DeadLetter>, target: unknown): AsyncGenerator<DeadLetter> {
  for await (const letter of letters) if (typeof target !== 'string' || letter.target === target) yield letter;
}

/** What a request names: some keys, or all dead letters of a workspace, or of one of its targets. */
async function readSelection(body: unknown, outbox: Outbox): Promise<readonly string[]> {
  if (isJsonObject(body) && Array.isArray(body.keys)) return body.keys.filter((key) => typeof key === 'string');
  if (!isJsonObject(body) || typeof body.workspace !== 'string') throw new PluginError('DEAD_LETTERS_NOT_NAMED');
  const keys: string[] = [];
  for await (const { key } of ofTarget(outbox.deadLetters(body.workspace), body.target)) keys.push(key);
  return keys;
}

/**
 * Changes answer `{"changed": 1}`, with `left` for how many the disk kept from it, and `unknown` for keys that no dead letter has.
 *
 * @param access checked on every route
 */
export function createDeadLettersRoutes(
  outbox: () => Promise<Outbox>,
  access: OperatorAccess,
  reader: RequestReader,
): ProtocolCode {
  const list: RouteHandler = async (request, response) => {
    await access.assertRead(request);
    const query = queryOf(request);
    response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
    const letters = (await outbox()).deadLetters(query.get('workspace') ?? undefined);
    await pipeline(Readable.from(toLines(ofTarget(letters, query.get('target')))), response).catch((error) => {
      // Who goes away before the end has what it wanted.
      if (!response.destroyed) throw error;
    });
  };

  function change(apply: (outbox: Outbox, key: string) => Promise<boolean>): RouteHandler {
    return async (request, response) => {
      await access.assertWrite(request);
      await reader.withBody(request, async (body) => {
        const target = await outbox();
        const named = await body.parse();
        const keys = await insist(() => readSelection(named, target));
        let changed = 0;
        let left = keys.length;
        const unknown: string[] = [];
        try {
          for (const key of keys) {
            if (await insist(() => apply(target, key))) changed += 1;
            else unknown.push(key);
            left -= 1;
          }
        } catch (error) {
          // What is done is told.
          if (changed === 0 || !isUnavailable(error)) throw error;
        }
        sendJsonText(
          response,
          200,
          JSON.stringify({ changed, ...(left > 0 && { left }), ...(unknown.length > 0 && { unknown }) }),
        );
      });
    };
  }
  return {
    deadLetters: { handle: list },
    redeliverDeadLetters: {
      handle: change((target, key) => target.redeliver(key).then((newKey) => newKey !== undefined)),
    },
    dropDeadLetters: { handle: change((target, key) => target.drop(key)) },
  };
}
