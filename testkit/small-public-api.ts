// As much of Segment's Public API as connecting needs, in memory, for tests that ask what the engine does with an answer.

import { createHmac, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { serve } from './loopback.js';

type Item = Record<string, unknown> & { id: string };

export const TOKEN = 'a-token-of-tests';

/** One call, as it came. */
export interface SmallCall {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly accept: string | undefined;
}

/** What a test has it answer in place of its own answer; `cut`: it does what is asked, and no answer comes. */
export type Instead =
  | {
      readonly status: number;
      readonly message?: string;
      readonly data?: object;
      readonly retryAfter?: string;
      readonly isDone?: true;
    }
  | 'cut'
  | undefined;

const WEBHOOK = {
  id: '614a3c7d791c91c41bae7599',
  name: 'Webhooks (Actions)',
  slug: 'actions-webhook',
  actions: [{ id: 'nFPnRozhz1mh4Gbx4MLvT5', slug: 'send', name: 'Send' }],
};
const KINDS: readonly Item[] = [
  { id: '3x07B5Dn5h', name: 'Statsig', slug: 'statsig' },
  { id: 'iUM16Md8P2', name: 'HTTP API', slug: 'http-api' },
];

/** Answers on a free port until the test ends. */
export async function startSmallPublicApi(context: Pick<TestContext, 'after'>, pageSize = 2) {
  const sources = new Map<string, Item>();
  const destinations = new Map<string, Item>();
  const subscriptions = new Map<string, Item & { destinationId: string }>();
  const calls: SmallCall[] = [];
  let catalog = [WEBHOOK];
  let kinds = KINDS;
  let instead: (call: SmallCall, index: number) => Instead = () => undefined;
  const track: unknown[] = [];

  function page(all: readonly Item[], field: string, query: URLSearchParams) {
    const from = Number(query.get('pagination[cursor]') ?? 0);
    const next = from + pageSize;
    return {
      [field]: all.slice(from, next),
      pagination: { current: String(from), ...(next < all.length && { next: String(next) }) },
    };
  }

  function make<Kind extends Item>(into: Map<string, Kind>, item: Kind): Kind {
    into.set(item.id, item);
    return item;
  }

  const shown = (source: Item) => ({
    ...source,
    metadata: KINDS.find(({ id }) => id === source.metadataId) ?? source.metadata,
  });
  const shownDestination = (destination: Item) => ({ ...destination, metadata: WEBHOOK });

  function act({ method, path, body }: SmallCall, query: URLSearchParams): unknown {
    const [, first = '', id = '', third, fourth = ''] = path.split('/');
    const given = body as Record<string, unknown>;
    const own = [...subscriptions.values()].filter(({ destinationId }) => destinationId === id);
    switch (`${method} ${first}${id && '/x'}${third === undefined ? '' : `/${third}`}${fourth && '/y'}`) {
      case 'GET ':
        return { workspace: { id: 'w1', name: 'Acme', slug: 'acme' } };
      case 'GET sources':
        return page([...sources.values()].map(shown), 'sources', query);
      case 'GET sources/x':
        return sources.has(id) ? { source: shown(sources.get(id) as Item) } : undefined;
      case 'POST sources':
        return {
          source: shown(
            make(sources, { ...given, id: randomUUID(), name: String(given.slug), writeKeys: [`key-${randomUUID()}`] }),
          ),
        };
      case 'PATCH sources/x':
        return { source: Object.assign(sources.get(id) as Item, given) };
      case 'DELETE sources/x':
        for (const { id: each, sourceId } of destinations.values()) if (sourceId === id) destinations.delete(each);
        return sources.delete(id) ? { status: 'SUCCESS' } : undefined;
      case 'GET sources/x/connected-destinations':
        return page(
          [...destinations.values()].filter(({ sourceId }) => sourceId === id).map(shownDestination),
          'destinations',
          query,
        );
      case 'GET destinations':
        return page([...destinations.values()].map(shownDestination), 'destinations', query);
      case 'POST destinations':
        return { destination: shownDestination(make(destinations, { ...given, id: randomUUID() })) };
      case 'PATCH destinations/x':
        return { destination: Object.assign(destinations.get(id) as Item, given) };
      case 'DELETE destinations/x': {
        for (const { id: each } of own) subscriptions.delete(each);
        return destinations.delete(id) ? { status: 'SUCCESS' } : undefined;
      }
      case 'GET destinations/x/subscriptions':
        return page(own, 'subscriptions', query);
      case 'POST destinations/x/subscriptions':
        return { destinationSubscription: make(subscriptions, { ...given, id: randomUUID(), destinationId: id }) };
      case 'PATCH destinations/x/subscriptions/y':
        return { subscription: Object.assign(subscriptions.get(fourth) as Item, given.input) };
      case 'DELETE destinations/x/subscriptions/y':
        return subscriptions.delete(fourth) ? { status: 'SUCCESS' } : undefined;
      case 'GET catalog/x':
        return id === 'sources' ? page(kinds, 'sourcesCatalog', query) : page(catalog, 'destinationsCatalog', query);
      case `GET catalog/x/${third}`: {
        const found = (id === 'sources' ? kinds : catalog).find((kind) => kind.id === third);
        if (found === undefined) return undefined;
        return { [id === 'sources' ? 'sourceMetadata' : 'destinationMetadata']: found };
      }
      default:
        return undefined;
    }
  }

  function answer(response: ServerResponse, status: number, value: unknown, retryAfter?: string): void {
    const headers = {
      'content-type': 'application/json',
      ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
    };
    response.writeHead(status, headers).end(JSON.stringify(value));
  }

  /** Posts an event as mappings say; what cannot be reached is left. */
  async function forward(event: object): Promise<void> {
    const body = JSON.stringify(event);
    for (const { settings, destinationId } of subscriptions.values()) {
      const { url, headers } = settings as { url: string; headers: Record<string, string> };
      const { sharedSecret } = (destinations.get(destinationId) as Item).settings as { sharedSecret: string };
      const signature = createHmac('sha1', sharedSecret).update(body).digest('hex');
      const sent = { 'content-type': 'application/json', ...headers, 'x-signature': signature };
      await fetch(url, { method: 'POST', body, headers: sent }).catch(() => {});
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const body = await text(request);
    if (pathname === '/v1/track') {
      const event = { type: 'track', ...JSON.parse(body) };
      track.push({ ...event, authorization: request.headers.authorization });
      answer(response, 200, { success: true });
      return forward(event);
    }
    const call = {
      method: request.method ?? '',
      path: pathname,
      body: body === '' ? undefined : JSON.parse(body),
      accept: request.headers.accept,
    };
    calls.push(call);
    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      return answer(response, 401, { errors: [{ type: 'unauthorized', message: 'Unauthorized' }] });
    const other = instead(call, calls.length);
    if (other === 'cut') {
      act(call, searchParams);
      request.socket.destroy();
      return;
    }
    if (other !== undefined) {
      if (other.isDone) act(call, searchParams);
      return answer(
        response,
        other.status,
        { errors: [{ type: 'error', message: other.message ?? 'no', data: other.data }] },
        other.retryAfter,
      );
    }
    const data = act(call, searchParams);
    if (data === undefined) return answer(response, 404, { errors: [{ type: 'not-found', message: 'Not found' }] });
    answer(response, 200, { data });
  }

  const server = await serve((request, response) => void handle(request, response));
  context.after(() => server.close());
  const source = make(sources, {
    id: 'src1',
    slug: 'web',
    name: 'Web',
    enabled: true,
    writeKeys: ['web-key'],
    metadataId: 'js',
  });
  make(sources, { id: 'src2', slug: 'ios', name: 'App', enabled: true, writeKeys: ['ios-key'], metadataId: 'ios' });
  make(sources, {
    id: 'src3',
    slug: 'android',
    name: 'App',
    enabled: true,
    writeKeys: ['android-key'],
    metadataId: 'android',
  });
  return {
    url: server.url,
    source,
    sources,
    destinations,
    subscriptions,
    calls,
    track,
    /** Calls that change something. */
    changes: () => calls.filter(({ method }) => method !== 'GET'),
    answerWith(next: typeof instead) {
      instead = next;
    },
    setCatalog(destinationKinds: typeof catalog, sourceKinds: readonly Item[]) {
      catalog = destinationKinds;
      kinds = sourceKinds;
    },
  };
}
