// Shows everything about one dead letter: what is stored, what a redelivery would send as the settings are now, and the event as its sender wrote it where that is still known.

import { parseJson } from '../../base/json.js';
import { messageOf } from '../../base/system-error.js';
import type { EpochMs } from '../../base/time.js';
import { headersToShow } from '../../call/http-request.js';
import type { NoTarget } from '../../dispatch/delivery-target.js';
import type { DeadLetter } from '../../outbox/outbox.js';
import type { StatedTarget } from '../../targets/stated-target.js';
import type { KnownSecrets } from '../known-secrets.js';
import { lineOf } from './content.js';
import { fixFor } from './fixes.js';
import type { DeadLetterPreview, OriginalEvent, RedeliveryPreview } from './shapes.js';

/** An event as it was received. */
export interface ReceivedEvent {
  readonly source: string;
  readonly at: EpochMs;
  readonly event: unknown;
}

/** What a preview is made with. */
export interface PreviewDeps {
  readonly secrets: KnownSecrets;
  /** Where a lane delivers to now, or why it waits. */
  readonly resolve: (workspaceId: string, target: string) => StatedTarget | NoTarget;
  /** The event as it was received, without secrets, where it is still in memory. */
  readonly received: (workspaceId: string, messageId: string) => ReceivedEvent | undefined;
}

/** What is kept of an event is what was made of it: the original would double what each event costs on disk. */
const NOT_KNOWN =
  'It is not in memory any more: the outbox keeps what was made of an event, not the event. A redelivery sends what is stored, with the key and the address of now.';
const NO_ID = 'The event had no messageId by which it could be found.';

async function redeliveryOf(
  { resolve, secrets: { redact } }: PreviewDeps,
  letter: DeadLetter,
): Promise<RedeliveryPreview> {
  const target = resolve(letter.workspaceId, letter.target);
  if ('kind' in target) return { kind: 'waits', why: target.why };
  try {
    const stated = await target.requests([{ ...letter, attempts: 0 }]);
    if ('kind' in stated)
      return {
        kind: 'fails',
        why: stated.kind === 'judged' ? redact(stated.verdict.message) : 'nothing would be sent',
      };
    const requests = stated.map((request) => {
      const body = redact(request.body ?? '');
      return {
        method: request.method,
        url: redact(request.url),
        headers: headersToShow(request),
        body: parseJson(body) ?? body,
      };
    });
    return { kind: 'sends', title: target.title, requests };
  } catch (error) {
    return { kind: 'fails', why: redact(messageOf(error)) };
  }
}

function originalOf({ received }: PreviewDeps, { workspaceId, messageId }: DeadLetter): OriginalEvent {
  if (messageId === undefined) return { known: false, why: NO_ID };
  const found = received(workspaceId, messageId);
  if (found === undefined) return { known: false, why: NOT_KNOWN };
  const { source, at, event } = found;
  return { known: true, source, at, event };
}

/** Sends nothing. */
export async function previewDeadLetter(deps: PreviewDeps, letter: DeadLetter): Promise<DeadLetterPreview> {
  return {
    letter: lineOf(letter, deps.secrets),
    fix: fixFor(letter.reason, letter.target),
    redelivery: await redeliveryOf(deps, letter),
    original: originalOf(deps, letter),
  };
}
