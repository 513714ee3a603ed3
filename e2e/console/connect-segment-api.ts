// Segment for the console's scenarios: a stand-in of its Public API, behind a wire on which requests are refused, held and counted.

import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { serve } from '../../testkit/loopback.js';
import { startSmallPublicApi, TOKEN } from '../../testkit/small-public-api.js';
import { PLACE } from './place.js';
import type { ConsoleRig } from './rig.js';

/** What is answered in place of Segment. */
interface Refusal {
  readonly status: number;
  readonly retryAfter?: string;
  /** What Segment says. */
  readonly message?: string;
}

/** A request that was stopped on its way. */
interface Held {
  /** It has come. */
  readonly reached: Promise<void>;
  /** Lets it, and all behind it, go on. */
  release(): void;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Posts an event to the webhook as Segment does, with the secrets that were made, or else the rig's. */
async function postToWebhook({ directory, plugin }: ConsoleRig, event: object): Promise<void> {
  const made = (what: string) => {
    const file = join(directory, 'secrets', `shop-segment-${what}`);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  };
  const body = JSON.stringify([{ ...event, type: 'track' }]);
  const shared = made('shared');
  await fetch(`${plugin.url}/segment/${PLACE.workspace}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${made('header') ?? PLACE.headerSecret}`,
      ...(shared !== undefined && { 'x-signature': createHmac('sha1', shared).update(body).digest('hex') }),
    },
    body,
  });
}

/** Starts it for one scenario. */
export async function startSegmentApi(rig: ConsoleRig) {
  const api = await startSmallPublicApi({ after: (close) => rig.keep(close as () => void) }, 100);
  const own = api.sources.size;
  let refusal: Refusal | undefined;
  let times = 0;
  let changes = 0;
  let hold: { readonly at: number; reach(): void; readonly until: Promise<void> } | undefined;

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const body = await bodyOf(request);
    if (refusal !== undefined && times > 0) {
      times -= 1;
      const { status, retryAfter, message = 'no' } = refusal;
      const head = {
        'content-type': 'application/json',
        ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
      };
      response.writeHead(status, head).end(JSON.stringify({ errors: [{ type: 'error', message }] }));
      return;
    }
    if (url === '/v1/track') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true}');
      await postToWebhook(rig, JSON.parse(body.toString()));
      return;
    }
    if (method !== 'GET') {
      changes += 1;
      if (hold?.at === changes) {
        hold.reach();
        await hold.until;
      }
    }
    const { host: _, connection: __, 'content-length': ___, ...others } = headers;
    const answer = await fetch(api.url + url, {
      method,
      headers: others as Record<string, string>,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  }

  const wire = await serve((request, response) => void pass(request, response));
  rig.keep(() => wire.close());
  return {
    url: wire.url,
    token: TOKEN,
    /** Requests that change something, so far. */
    changes: () => changes,
    /** What there is of ours. */
    made: () => ({
      destinations: api.destinations.size,
      mappings: api.subscriptions.size,
      sources: api.sources.size - own,
    }),
    forgetSources: () => api.sources.clear(),
    /** The same source many times, under these names. */
    addSources(names: readonly string[]) {
      for (const [number, name] of names.entries())
        api.sources.set(`named-${number}`, { ...api.source, id: `named-${number}`, slug: `named-${number}`, name });
    },
    /** @param most so many requests; default: all */
    refuse(next: Refusal | undefined, most = Number.POSITIVE_INFINITY) {
      refusal = next;
      times = most;
    },
    /** Stops the change of that number, counted from now. */
    holdChange(number: number): Held {
      let reach = () => {};
      let release = () => {};
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      const until = new Promise<void>((resolve) => {
        release = resolve;
      });
      hold = { at: changes + number, reach, until };
      return { reached, release };
    },
  };
}
