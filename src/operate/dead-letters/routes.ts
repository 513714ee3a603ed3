// /api/dead-letters: lists events that were given up, groups them, shows one, puts them back, forgets them.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PluginError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { toPrintable } from '../../base/printable.js';
import type { EpochMs } from '../../base/time.js';
import type { DeliveryService } from '../../dispatch/delivery-service.js';
import { laneId } from '../../outbox/lane-id.js';
import type { DeadLetter, Outbox } from '../../outbox/outbox.js';
import { createOperatorRoutes, type OperatorApi } from '../api/operator-routes.js';
import type { KnownSecrets } from '../known-secrets.js';
import { lineOf } from './content.js';
import { type Deed, doToSelected, type Selection } from './deeds.js';
import { findDeadLetter, lookThrough } from './find.js';
import { groupDeadLetters } from './groups.js';
import { type PreviewDeps, previewDeadLetter } from './preview.js';
import { filterOf, selectionOf } from './read-request.js';
import type { Redeliveries } from './redeliveries.js';
import type {
  DeadLetterFilter,
  DeadLetterGroups,
  DeadLetterListQuery,
  DeadLetterRoutes,
  DeadLettersDeed,
} from './shapes.js';

/** What the routes work with. */
export interface DeadLettersDeps extends OperatorApi, PreviewDeps {
  readonly delivery: Pick<DeliveryService, 'outbox' | 'status'>;
  readonly redeliveries: Redeliveries;
  readonly now: () => EpochMs;
  readonly log: Logger;
}

/** Of those that are read, the ones that are meant, up to so many, as lines. */
async function* linesOf(letters: AsyncIterable<DeadLetter>, secrets: KnownSecrets): AsyncGenerator<string> {
  for await (const letter of letters) yield `${toPrintable(JSON.stringify(lineOf(letter, secrets)))}\n`;
}

/** What a deed was about, for the log: whose events they were is no business of it. */
function aboutOf(selection: Selection): object {
  if ('keys' in selection) return { keys: selection.keys.length };
  const { user, ...filter } = selection.filter;
  return { ...filter, ...(user !== undefined && { ofOneUser: true }) };
}

/** The routes of dead letters. */
export function createDeadLettersRoutes(deps: DeadLettersDeps) {
  const { delivery, redeliveries, secrets, now, log } = deps;
  const { outbox } = delivery;
  /** Pages ask again and again: equal questions share a look. */
  const looks = new Map<string, Promise<DeadLetterGroups>>();

  async function* select(asked: DeadLetterListQuery, filter: DeadLetterFilter): AsyncGenerator<DeadLetter> {
    const { key, after, order, limit = Number.POSITIVE_INFINITY } = asked;
    if (key !== undefined) {
      const letter = await findDeadLetter(await outbox(), key);
      if (letter !== undefined) yield letter;
      return;
    }
    const range = { ...(after !== undefined && { after }), ...(order === 'newest' && { newestFirst: true as const }) };
    let left = limit;
    for await (const { letter, isMeant } of lookThrough(await outbox(), filter, range)) {
      if (!isMeant) continue;
      yield letter;
      left -= 1;
      if (left === 0) return;
    }
  }

  function look(filter: DeadLetterFilter): Promise<DeadLetterGroups> {
    const name = JSON.stringify(Object.entries(filter).sort());
    const under = looks.get(name);
    if (under !== undefined) return under;
    const begun = outbox().then((opened) => groupDeadLetters(opened, filter, secrets));
    looks.set(name, begun);
    const forget = () => looks.delete(name);
    begun.then(forget, forget);
    return begun;
  }

  const redeliver =
    (opened: Outbox, id: string): Deed =>
    async ({ key, workspaceId, target }) => {
      const newKey = await opened.redeliver(key);
      if (newKey !== undefined) redeliveries.add(id, laneId(workspaceId, target), newKey);
      return newKey !== undefined;
    };

  async function change(said: DeadLettersDeed, message: string, deed: (opened: Outbox) => Deed) {
    const selection = selectionOf(said, now());
    const opened = await outbox();
    const done = await doToSelected(opened, selection, deed(opened));
    const { changed, left = 0 } = done;
    if (changed > 0 || left > 0) log.warn({ ...aboutOf(selection), changed, ...(left > 0 && { left }) }, message);
    return done;
  }

  return createOperatorRoutes<DeadLetterRoutes>(deps, {
    async deadLetters({ query, response }) {
      // What is wrong with it is answered before the first line.
      const filter = filterOf(query);
      response.setHeader('Content-Type', 'application/x-ndjson; charset=utf-8');
      await pipeline(Readable.from(linesOf(select(query, filter), secrets)), response).catch((error) => {
        // Who goes away before the end has what it wanted.
        if (!response.destroyed) throw error;
      });
    },
    deadLetterGroups: ({ query }) => look(filterOf(query)),
    async previewDeadLetter({ body: { key } }) {
      const letter = await findDeadLetter(await outbox(), key);
      if (letter === undefined) throw new PluginError('DEAD_LETTER_UNKNOWN');
      return previewDeadLetter(deps, letter);
    },
    async redelivery({ query: { id } }) {
      const opened = await outbox();
      const status = delivery.status();
      const lanes = typeof status === 'object' ? status.dispatcher.lanes : [];
      const report = redeliveries.report(id, lanes, (lane) => opened.countWaiting(lane));
      if (report === undefined) throw new PluginError('REDELIVERY_UNKNOWN');
      return report;
    },
    async redeliverDeadLetters({ body }) {
      const id = redeliveries.begin(body.redelivery);
      const done = await change(body, 'Dead letters were put back', (opened) => redeliver(opened, id));
      return { ...done, ...(done.changed > 0 && { redelivery: id }) };
    },
    dropDeadLetters: ({ body }) =>
      change(
        body,
        'Dead letters were dropped',
        (opened) =>
          ({ key }) =>
            opened.drop(key),
      ),
  });
}
