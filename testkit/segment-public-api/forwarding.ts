// The way of an event through Segment: taken by the Tracking API, posted by the mappings of the destinations of its source.

import { createHmac } from 'node:crypto';
import type { JsonObject } from '../../src/model/segment-event.js';
import type { Item, Workspace } from './workspace.js';

/** What came of one post. */
export interface Posted {
  readonly url: string;
  /** 0: no one answered, and `answer` says why. */
  readonly status: number;
  readonly answer: string;
}

function wanted({ enabled, trigger }: Item, { type }: JsonObject): boolean {
  return enabled === true && String(trigger).includes(`type = "${type}"`);
}

/** One request, as the action "Send" makes it: it signs the first event. An address that does not answer is no fault of Segment's. */
async function post(
  { settings }: Item,
  { settings: { sharedSecret } }: Item & { settings: JsonObject },
  events: readonly JsonObject[],
): Promise<Posted> {
  const { url, method, headers, enable_batching: isBatch } = settings as JsonObject & { readonly url: string };
  const signature = createHmac('sha1', String(sharedSecret)).update(JSON.stringify(events[0])).digest('hex');
  try {
    const response = await fetch(url, {
      method: String(method),
      headers: { 'content-type': 'application/json', ...(headers as Record<string, string>), 'x-signature': signature },
      body: JSON.stringify(isBatch === true ? events : events[0]),
    });
    return { url, status: response.status, answer: await response.text() };
  } catch (error) {
    return { url, status: 0, answer: String(error) };
  }
}

/** Posts events of a source where its mappings say. @param writeKey of the source */
export async function forward(
  { sources, destinations, subscriptions }: Workspace,
  writeKey: string,
  events: readonly JsonObject[],
): Promise<readonly Posted[]> {
  const source = [...sources.values()].find(({ writeKeys }) => (writeKeys as readonly string[]).includes(writeKey));
  const posts: Promise<Posted>[] = [];
  for (const subscription of subscriptions.values()) {
    const destination = destinations.get(String(subscription.destinationId)) as Item & { settings: JsonObject };
    if (source?.enabled !== true || destination.sourceId !== source.id || destination.enabled !== true) continue;
    const mine = events.filter((event) => wanted(subscription, event));
    const { enable_batching: isBatch } = subscription.settings as JsonObject;
    const groups = isBatch === true ? [mine] : mine.map((event) => [event]);
    for (const group of groups) if (group.length > 0) posts.push(post(subscription, destination, group));
  }
  return Promise.all(posts);
}
