// The sender of the torture whose events come out of Statsig: Statsig itself, with its event webhook.

import type { Random } from '../../testkit/random.js';
import { signWebhook } from '../../testkit/statsig-webhook.js';
import { deliveriesOf, type OutboundEvent, OutboundUser, toWebhookEvent } from './torture-outbound-events.js';
import type { Call, Push, Sender } from './torture-senders.js';
import type { TortureWorkspace } from './torture-workspaces.js';

const FORMS = ['list', 'data'] as const;
const USERS = 3;
const MOST_EVENTS = 25;

/** Statsig, as far as one workspace is concerned. */
export interface WebhookSender extends Sender {
  /** One more exposure of each gate; `undefined` when there were none. */
  last(): Push | undefined;
}

function makeCall(
  { id, signingSecret }: TortureWorkspace,
  form: (typeof FORMS)[number],
  events: readonly object[],
): Call {
  const body = JSON.stringify(form === 'list' ? events : { data: events });
  return { path: `/statsig/${id}`, headers: signWebhook(body, signingSecret), body };
}

function makeSender(workspace: TortureWorkspace, random: Random): WebhookSender {
  const names = Array.from({ length: USERS }, (_, index) => `${workspace.id}/statsig-${index}`);
  const users = names.map((name) => new OutboundUser(workspace.id, name, workspace.hasWindow, random));

  function toPush(events: readonly OutboundEvent[]): Push {
    const form = FORMS[random.whole(0, 1)] ?? 'list';
    const written = events.map(toWebhookEvent);
    return {
      events: events.length,
      makeCall: () => makeCall(workspace, form, written),
      mayBeFiltered: workspace.hasWindow,
      expected: events.flatMap(deliveriesOf),
    };
  }

  return {
    way: 'webhook',
    random,
    rest: [50, 500],
    next() {
      const drawn = Array.from({ length: random.whole(1, MOST_EVENTS) }, () => random.whole(1, USERS));
      return toPush(drawn.flatMap((nth) => users[nth - 1]?.next() ?? []));
    },
    last() {
      const events = users.flatMap((user) => user.last());
      return events.length === 0 ? undefined : toPush(events);
    },
  };
}

/** One for each workspace. @param makeRandom makes one for each sender */
export function webhookSenders(
  workspaces: readonly TortureWorkspace[],
  makeRandom: () => Random,
): readonly WebhookSender[] {
  return workspaces.map((workspace) => makeSender(workspace, makeRandom()));
}
