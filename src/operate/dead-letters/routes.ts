// /api/dead-letters: lists events that were given up, groups them, shows one, puts them back, forgets them.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PluginError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { toPrintable } from '../../base/printable.js';
import type { EpochMs } from '../../base/time.js';
import type { DeliveryService } from '../../dispatch/delivery-service.js';
import { queryOf } from '../../http/address.js';
import type { RequestReader } from '../../http/request-reader.js';
import type { ProtocolCode, RouteHandler } from '../../http/route.js';
import { sendJsonText } from '../../http/send-response.js';
import { laneId } from '../../outbox/lane-id.js';
import type { DeadLetter, Outbox } from '../../outbox/outbox.js';
import type { OperatorAccess } from '../access/operator-access.js';
import { lineOf } from './content.js';
import { type Deed, doToSelected, type Selection } from './deeds.js';
import { findDeadLetter, lookThrough } from './find.js';
import { groupDeadLetters } from './groups.js';
import { type PreviewDeps, previewDeadLetter } from './preview.js';
import { countIn, filterIn, redeliveryIn, selectionIn, valuesOf } from './read-request.js';
import type { Redeliveries } from './redeliveries.js';
import type { DeadLetterGroups } from './shapes.js';

/** What the routes work with. */
export interface DeadLettersDeps extends PreviewDeps {
  readonly delivery: Pick<DeliveryService, 'outbox' | 'status'>;
  readonly access: OperatorAccess;
  readonly reader: RequestReader;
  readonly redeliveries: Redeliveries;
  readonly now: () => EpochMs;
  readonly log: Logger;
}

function printable(value: object): string {
  return toPrintable(JSON.stringify(value));
}

/** Of those that are read, the ones that are meant, up to so many, as lines. */
async function* linesOf(letters: AsyncIterable<DeadLetter>): AsyncGenerator<string> {
  for await (const letter of letters) yield `${printable(lineOf(letter))}\n`;
}

/** What a deed was about, for the log: whose events they were is no business of it. */
function aboutOf(selection: Selection): object {
  if ('keys' in selection) return { keys: selection.keys.length };
  const { user, ...filter } = selection.filter;
  return { ...filter, ...(user !== undefined && { ofOneUser: true }) };
}

/** Deeds answer `{"changed": 1}`, with what is left, unknown or next where there is any. */
export function createDeadLettersRoutes(deps: DeadLettersDeps): ProtocolCode {
  const { delivery, access, reader, redeliveries, now, log } = deps;
  const { outbox } = delivery;
  /** Pages ask again and again: equal questions share a look. */
  const looks = new Map<string, Promise<DeadLetterGroups>>();

  async function* select(values: ReturnType<typeof valuesOf>): AsyncGenerator<DeadLetter> {
    const { key, after } = values;
    if (typeof key === 'string') {
      const letter = await findDeadLetter(await outbox(), key);
      if (letter !== undefined) yield letter;
      return;
    }
    const range = {
      ...(typeof after === 'string' && { after }),
      ...(values.order === 'newest' && { newestFirst: true as const }),
    };
    let left = countIn(values, 'limit') ?? Number.POSITIVE_INFINITY;
    for await (const { letter, isMeant } of lookThrough(await outbox(), filterIn(values), range)) {
      if (!isMeant) continue;
      yield letter;
      left -= 1;
      if (left === 0) return;
    }
  }

  const list: RouteHandler = async (request, response) => {
    await access.assertRead(request);
    const values = valuesOf(queryOf(request));
    // What is wrong with them is answered before the first line.
    filterIn(values);
    countIn(values, 'limit');
    response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
    await pipeline(Readable.from(linesOf(select(values))), response).catch((error) => {
      // Who goes away before the end has what it wanted.
      if (!response.destroyed) throw error;
    });
  };

  const groups: RouteHandler = async (request, response) => {
    await access.assertRead(request);
    const filter = filterIn(valuesOf(queryOf(request)));
    const name = JSON.stringify(Object.entries(filter).sort());
    let look = looks.get(name);
    if (look === undefined) {
      look = outbox().then((opened) => groupDeadLetters(opened, filter));
      looks.set(name, look);
      const forget = () => looks.delete(name);
      look.then(forget, forget);
    }
    sendJsonText(response, 200, printable(await look));
  };

  const preview: RouteHandler = async (request, response) => {
    await access.assertRead(request);
    await reader.withBody(request, async (body) => {
      const named = selectionIn(await body.parse(), now());
      const [key] = 'keys' in named ? named.keys : [];
      if (key === undefined) throw new PluginError('DEAD_LETTERS_NOT_NAMED');
      const letter = await findDeadLetter(await outbox(), key);
      if (letter === undefined) throw new PluginError('DEAD_LETTER_UNKNOWN');
      sendJsonText(response, 200, printable(await previewDeadLetter(deps, letter)));
    });
  };

  const redelivery: RouteHandler = async (request, response) => {
    await access.assertRead(request);
    const opened = await outbox();
    const id = queryOf(request).get('id') ?? '';
    const status = delivery.status();
    const lanes = typeof status === 'object' ? status.dispatcher.lanes : [];
    const report = redeliveries.report(id, lanes, (lane) => opened.countWaiting(lane));
    if (report === undefined) throw new PluginError('REDELIVERY_UNKNOWN');
    sendJsonText(response, 200, printable(report));
  };

  const redeliver =
    (opened: Outbox, id: string): Deed =>
    async ({ key, workspaceId, target }) => {
      const newKey = await opened.redeliver(key);
      if (newKey !== undefined) redeliveries.add(id, laneId(workspaceId, target), newKey);
      return newKey !== undefined;
    };

  function deed(name: 'redeliver' | 'drop'): RouteHandler {
    return async (request, response) => {
      await access.assertWrite(request);
      await reader.withBody(request, async (body) => {
        const said = await body.parse();
        const selection = selectionIn(said, now());
        const opened = await outbox();
        const id = name === 'redeliver' ? redeliveries.begin(redeliveryIn(said)) : undefined;
        const act: Deed = id === undefined ? ({ key }) => opened.drop(key) : redeliver(opened, id);
        const done = await doToSelected(opened, selection, act);
        const { changed, left = 0 } = done;
        if (changed > 0 || left > 0) {
          const message = name === 'drop' ? 'Dead letters were dropped' : 'Dead letters were put back';
          log.warn({ ...aboutOf(selection), changed, ...(left > 0 && { left }) }, message);
        }
        const redelivery = id !== undefined && changed > 0 ? { redelivery: id } : {};
        sendJsonText(response, 200, printable({ ...done, ...redelivery }));
      });
    };
  }

  return {
    deadLetters: { handle: list },
    deadLetterGroups: { handle: groups },
    previewDeadLetter: { handle: preview },
    redelivery: { handle: redelivery },
    redeliverDeadLetters: { handle: deed('redeliver') },
    dropDeadLetters: { handle: deed('drop') },
  };
}
