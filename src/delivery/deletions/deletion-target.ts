// Delivers deletions to Statsig, once nothing of these people waits here any more.

import { isJsonObject } from '../../model/segment-event.js';
import type { CompiledWorkspace } from '../../workspace/compiled-workspace.js';
import type { DeliveryTarget, Part } from '../dispatcher/delivery-target.js';
import type { DryRunRequest } from '../dispatcher/dispatcher-options.js';
import { DELETIONS_TARGET } from '../outbox/lane-id.js';
import type { Delivery } from '../outbox/outbox.js';
import { STATSIG } from '../statsig/statsig-answerer.js';
import { type AskDeps, askStatsig } from './ask-statsig.js';
import { MAX_IDS, writeDeletion } from './delete-user-data.js';
import type { Forget } from './forget.js';
import type { Forgotten } from './forgotten.js';

/** Milliseconds after which what was under way is looked for again. */
export const LOOK_AGAIN_MS = 1_000;

/** Bytes of payloads in one request. */
const MAX_BYTES = 1_000_000;

/** What all deletion targets of the process share. */
export interface DeletionTargetDeps extends AskDeps {
  readonly forget: Forget;
  readonly record: (request: DryRunRequest) => void;
}

/** What the sender calls the request, else its place in the outbox: a request that is tried again keeps either. */
function nameOf({ messageId, key }: Delivery): string {
  return messageId ?? key;
}

function readUserId(payload: string): string | undefined {
  try {
    const content: unknown = JSON.parse(payload);
    return isJsonObject(content) && typeof content.userId === 'string' ? content.userId : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where a delivery names nobody, which none does that this process has stored. */
function readUsers(part: Part): readonly Forgotten[] | undefined {
  const users = part.map((delivery): Forgotten | undefined => {
    const userId = readUserId(delivery.payload);
    return userId === undefined ? undefined : { userId, askedAt: delivery.acceptedAt, request: nameOf(delivery) };
  });
  return users.every((user) => user !== undefined) ? users : undefined;
}

/** The deletions of a workspace. Each payload is `{"userId": "..."}`. */
export function deletionTarget({ id, secretKey, apiUrl }: CompiledWorkspace, deps: DeletionTargetDeps): DeliveryTarget {
  const { forget, record, now } = deps;
  return {
    title: STATSIG.name,
    identity: `${apiUrl}\n${secretKey?.reveal() ?? ''}`,
    maxBatchEvents: MAX_IDS,
    maxBatchBytes: MAX_BYTES,
    async send(part, signal) {
      const users = readUsers(part);
      if (users === undefined) {
        const verdict = { kind: 'failed', status: 400, message: 'The deletion names no user.' } as const;
        return { kind: 'judged', verdict, retryAfter: undefined };
      }
      const { underWay } = await forget([id], users);
      if (underWay > 0) return { kind: 'later', at: now() + LOOK_AGAIN_MS };

      const userIds = [...new Set(users.map(({ userId }) => userId))];
      const requests = users.map(({ request }) => request);
      if (secretKey === undefined) {
        const { url, body } = writeDeletion({ apiUrl, secretKey, userIds, requests });
        const headers = { 'content-type': 'application/json' };
        record({
          workspaceId: id,
          target: DELETIONS_TARGET,
          at: now(),
          method: 'POST',
          url,
          headers,
          body,
          events: part.length,
        });
        return { kind: 'recorded' };
      }
      if (signal.aborted) return { kind: 'aborted' };
      return askStatsig(deps, { project: { apiUrl, secretKey }, workspaceId: id, userIds, requests, signal });
    },
  };
}
