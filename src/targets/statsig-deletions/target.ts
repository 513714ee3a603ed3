// Delivers deletions to Statsig, once nothing of these people waits here any more and they have left the lists.

import { parseJson } from '../../base/json.js';
import { hostOf } from '../../call/http-request.js';
import type { Part, Sent } from '../../dispatch/delivery-target.js';
import type { Forgotten } from '../../ingest/forgotten.js';
import { isJsonObject } from '../../model/segment-event.js';
import { DELETIONS_TARGET } from '../../outbox/lane-id.js';
import type { Delivery } from '../../outbox/outbox.js';
import { STATSIG } from '../../statsig/statsig-response.js';
import type { CompiledWorkspace } from '../../transform/compiled-workspace.js';
import { type DryRunOptions, dryRun } from '../dry-run.js';
import { type StatedTarget, unsendable } from '../stated-target.js';
import { type AskDeps, askStatsig } from './ask-statsig.js';
import type { Forget } from './forget.js';
import { deletionRequest, MAX_IDS } from './request.js';

/** Milliseconds after which what was under way is looked for again. */
export const LOOK_AGAIN_MS = 1_000;

/** Milliseconds after a deletion was asked for in which the lists go first. Statsig is asked in any case then: a list that does not let people go must not keep all else. */
const LISTS_FIRST_MS = 24 * 60 * 60_000;

/** Milliseconds after which somebody should look why the lists do not let people go. */
const SAID_AFTER_MS = 5 * 60_000;

/** Bytes of payloads in one request. */
const MAX_BYTES = 1_000_000;

/** What all deletion targets of the process share. */
export interface DeletionTargetDeps extends AskDeps, DryRunOptions {
  readonly forget: Forget;
}

/** What the sender calls the request, else its place in the outbox: a request that is tried again keeps either. */
function nameOf({ messageId, key }: Delivery): string {
  return messageId ?? key;
}

function readUserId(payload: string): string | undefined {
  const content = parseJson(payload);
  return isJsonObject(content) && typeof content.userId === 'string' ? content.userId : undefined;
}

/** What Statsig is asked for: for whom, by which requests. */
function contentsOf(users: readonly Forgotten[]) {
  return { userIds: [...new Set(users.map(({ userId }) => userId))], requests: users.map(({ request }) => request) };
}

const NO_USER = unsendable('The deletion names no user.');

/** Undefined where a delivery names no one, which none does that this process has stored. */
function readUsers(part: Part): readonly Forgotten[] | undefined {
  const users = part.map((delivery): Forgotten | undefined => {
    const userId = readUserId(delivery.payload);
    return userId === undefined ? undefined : { userId, askedAt: delivery.acceptedAt, request: nameOf(delivery) };
  });
  return users.every((user) => user !== undefined) ? users : undefined;
}

/** The deletions of a workspace. Each payload is `{"userId": "..."}`. */
export function deletionTarget({ id, secretKey, apiUrl }: CompiledWorkspace, deps: DeletionTargetDeps): StatedTarget {
  const { forget, now, log } = deps;

  /** What keeps Statsig from being asked, and until when; `undefined` when nothing does. */
  async function look(users: readonly Forgotten[]): Promise<Extract<Sent, { readonly kind: 'later' }> | undefined> {
    const at = now() + LOOK_AGAIN_MS;
    const { underWay, leaving } = await forget([id], users);
    if (underWay > 0) return { kind: 'later', at };
    if (leaving.length === 0) return undefined;
    const waitedMs = now() - Math.min(...users.map(({ askedAt }) => askedAt));
    const why = `people who are to be deleted have not left ${leaving.join(', ')} yet`;
    if (waitedMs < LISTS_FIRST_MS) return { kind: 'later', at, ...(waitedMs > SAID_AFTER_MS && { why }) };
    log.warn(
      { workspaceId: id, lanes: leaving },
      'Statsig is asked to delete people who have not left these lists yet',
    );
    return undefined;
  }

  const shape: Omit<StatedTarget, 'send'> = {
    title: STATSIG.name,
    identity: `${apiUrl}\n${secretKey?.reveal() ?? ''}`,
    maxBatchEvents: MAX_IDS,
    maxBatchBytes: MAX_BYTES,
    before(part) {
      const users = readUsers(part);
      return users === undefined ? Promise.resolve(NO_USER) : look(users);
    },
    requests(part) {
      const users = readUsers(part);
      if (users === undefined) return NO_USER;
      return [{ ...deletionRequest({ apiUrl, secretKey, ...contentsOf(users) }), events: part.length }];
    },
  };
  if (secretKey === undefined) return dryRun(shape, { workspaceId: id, target: DELETIONS_TARGET }, deps);

  return {
    ...shape,
    host: hostOf(apiUrl),
    async send(part, signal) {
      const users = readUsers(part);
      if (users === undefined) return NO_USER;
      const later = await look(users);
      if (later !== undefined) return later;
      if (signal.aborted) return { kind: 'aborted' };
      return askStatsig(deps, { project: { apiUrl, secretKey }, workspaceId: id, ...contentsOf(users), signal });
    },
  };
}
