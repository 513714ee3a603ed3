// Records what Segment's webhook destinations send to the plugin, with the code that Segment publishes of them.

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { yesTo } from '../src/contract/receivers.js';
import { freePort } from '../testkit/free-port.js';
import { serve } from '../testkit/loopback.js';
import { startPlugin } from './plugin.js';
import { type Recordable, type RecordPlace, receiversAt, startRecording } from './record-place.js';
import { environmentOf, type FoundSdk } from './sdks-clients.js';
import { segmentEvents } from './segment-events.js';

const SHARED = 'shared-secret-of-the-recorded-shop';
const HEADER = 'header-secret-of-the-recorded-shop';

/** What one delivery is. */
interface Delivery {
  /** One, or a batch. */
  readonly events?: object | readonly object[];
  /** Instead of events: a question about an audience. */
  readonly ask?: 'createAudience' | 'getAudience';
  readonly question?: object;
  readonly settings?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The field Data of the mapping. Default: the whole event, as Segment's. */
  readonly data?: string;
  /** Default: it is taken. */
  readonly refused?: 400 | 401;
}

/** One file. */
interface Way {
  readonly file: string;
  readonly title: string;
  readonly why: string;
  readonly deliveries: readonly Delivery[];
}

/** One destination of Segment's catalog. */
interface Webhook {
  readonly id: string;
  readonly name: string;
  /** Its directory in the package. */
  readonly destination: string;
  readonly settings: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly hasLists?: true;
  readonly ways: readonly Way[];
}

const BEARER = { Authorization: `Bearer ${HEADER}` };

/** The extras of an audience come with its events, and are put into what is sent about it. */
const EXTRAS = { extras: JSON.stringify({ secret: HEADER }) };

/** A call about a list. Each file needs one of its own: the plugin asks for a list once. */
function membership(list: string, userId: string, isMember: boolean): object {
  const [event] = segmentEvents(`${list}-${userId}`, ['identify']);
  const personas = {
    computation_class: 'audience',
    computation_key: list,
    external_audience_id: list,
    audience_settings: EXTRAS,
  };
  return { ...event, userId, traits: { [list]: isMember }, context: { personas } };
}

const bearerOf = (bearerToken: string) => ({ dynamicAuthSettings: { bearer: { bearerToken } } });
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

const WEBHOOKS: readonly Webhook[] = [
  {
    id: 'segment-webhook-actions',
    name: 'Segment Webhooks (Actions), action-destinations',
    destination: 'webhook',
    settings: { sharedSecret: SHARED },
    headers: BEARER,
    ways: [
      {
        file: 'track',
        title: 'Webhooks (Actions) sends one event, with a header secret and a signature',
        why: 'It is the way to connect Segment that is chosen first.',
        deliveries: [{ events: segmentEvents('one', ['track'])[0] ?? {} }],
      },
      {
        file: 'each-type',
        title: 'Webhooks (Actions) sends an event of each type',
        why: 'A mapping without conditions lets all of them through.',
        deliveries: segmentEvents('each').map((events) => ({ events })),
      },
      {
        file: 'batch',
        title: 'Webhooks (Actions) sends a batch, and signs its first event',
        why: 'Of a batch Segment signs the first event only; the header secret covers the rest.',
        deliveries: [{ events: segmentEvents('batch') }],
      },
      {
        file: 'batch-of-one',
        title: 'Webhooks (Actions) sends a batch of one event',
        why: 'With batching on, a single event is a list as well, and the signature is that of the event.',
        deliveries: [{ events: segmentEvents('lone', ['track']) }],
      },
      {
        file: 'wrong-shared-secret',
        title: 'Webhooks (Actions) signs with another secret and is refused',
        why: 'Who does not know the secret may not send events; Segment does not retry a 401.',
        deliveries: [
          { events: segmentEvents('no', ['track'])[0] ?? {}, settings: { sharedSecret: 'another' }, refused: 401 },
          { events: segmentEvents('no'), settings: { sharedSecret: 'another' }, refused: 401 },
        ],
      },
      {
        file: 'no-header-secret',
        title: 'Webhooks (Actions) signs, but its mapping lacks the header',
        why: 'Where both are asked for, the signature alone is not enough.',
        deliveries: [{ events: segmentEvents('no', ['track'])[0] ?? {}, headers: {}, refused: 401 }],
      },
      {
        file: 'data-without-type',
        title: 'Webhooks (Actions) is mapped to the properties alone, and is refused',
        why: 'Who maps Data to something else than the whole event must be told what to change.',
        deliveries: [{ events: segmentEvents('no', ['track'])[0] ?? {}, data: '$.properties', refused: 400 }],
      },
    ],
  },
  {
    id: 'segment-webhook-extensible',
    name: 'Segment Extensible Webhook, action-destinations',
    destination: 'webhook-extensible',
    settings: { sharedSecret: SHARED, ...bearerOf(HEADER) },
    ways: [
      {
        file: 'track',
        title: 'Extensible Webhook sends one event, with a bearer token and a signature',
        why: 'The token stands in the settings of the destination, so no mapping holds it.',
        deliveries: [{ events: segmentEvents('one', ['track'])[0] ?? {} }],
      },
      {
        file: 'batch',
        title: 'Extensible Webhook wraps each event of a batch, and signs the first before it is wrapped',
        why: 'What is signed stands inside of what is sent.',
        deliveries: [{ events: segmentEvents('batch') }],
      },
      {
        file: 'wrong-token',
        title: 'Extensible Webhook has another token and is refused',
        why: 'The signature alone is not enough where both are asked for. After a 401 Segment sends it once more, because a token could have been renewed.',
        deliveries: [
          {
            events: segmentEvents('no', ['track'])[0] ?? {},
            settings: { sharedSecret: SHARED, ...bearerOf('another-token-of-a-shop') },
            refused: 401,
          },
        ],
      },
      {
        file: 'form',
        title: 'Extensible Webhook sends forms, which it does not sign as they are, and is refused',
        why: 'The signature is of the event as JSON, also where a form is sent, in which the properties are lost.',
        deliveries: [
          { events: segmentEvents('form', ['track'])[0] ?? {}, headers: FORM, refused: 401 },
          { events: segmentEvents('form', ['track', 'page']), headers: FORM, refused: 401 },
        ],
      },
    ],
  },
  {
    id: 'segment-webhook-audiences',
    name: 'Segment Webhook Audiences, action-destinations',
    destination: 'webhook-audiences',
    settings: { sharedSecret: SHARED },
    headers: BEARER,
    hasLists: true,
    ways: [
      {
        file: 'create',
        title: 'Webhook Audiences asks for the list of an audience',
        why: 'The question has neither a signature nor a header of the mapping: the secret stands in the extras.',
        deliveries: [
          { ask: 'createAudience', question: { audienceName: 'first_time_shopper', audienceSettings: EXTRAS } },
        ],
      },
      {
        file: 'get',
        title: 'Webhook Audiences looks the list of an audience up',
        why: 'It asks so before it syncs, and stops where the answer names no list.',
        deliveries: [{ ask: 'getAudience', question: { externalId: 'first_time_shopper', audienceSettings: EXTRAS } }],
      },
      {
        file: 'membership',
        title: 'Webhook Audiences tells of a member, and signs before it puts the extras into the call',
        why: 'What is signed is not what is sent: the extras of the audience come into it afterwards.',
        deliveries: [{ events: membership('first_time_shopper', 'user-42', true) }],
      },
      {
        file: 'memberships',
        title: 'Webhook Audiences tells of two members in a batch',
        why: 'Each call of the batch has the extras; the first is signed without them.',
        deliveries: [
          { events: [membership('big_spenders', 'user-1', true), membership('big_spenders', 'user-2', false)] },
        ],
      },
    ],
  },
];

function sendAll(client: FoundSdk, orders: readonly object[]): Promise<readonly string[]> {
  const child = spawn(client.command, client.args, { env: environmentOf(client), stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(orders.map((order) => `${JSON.stringify(order)}\n`).join(''));
  return text(child.stdout).then((said) => said.trimEnd().split('\n'));
}

/** A receiver that says yes to all. */
async function startTaker(to: 'statsig' | 'console', resources: RecordPlace['resources']): Promise<string> {
  const { url, close } = await serve(async (request, response) => {
    const said = await text(request);
    const { status = 200, body } = yesTo({
      ...{ to, method: request.method ?? 'GET', path: request.url ?? '/' },
      ...{ headers: {}, text: said },
    });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  resources.add(close);
  return url;
}

async function record(client: FoundSdk, webhook: Webhook, { directory, resources }: RecordPlace): Promise<number> {
  const port = await freePort();
  const { receivers, taps } = await receiversAt({
    statsig: await startTaker('statsig', resources),
    ...(webhook.hasLists && { console: await startTaker('console', resources) }),
  });
  const document = {
    id: 'recorded',
    secretKey: 'secret-example',
    eventsUrl: taps.statsig,
    ...(webhook.hasLists && { consoleKey: 'console-example', consoleUrl: taps.console }),
    segment: { headerSecrets: [HEADER], sharedSecrets: [SHARED] },
  };
  const recorder = await startRecording(
    {
      ...{ id: webhook.id, name: webhook.name, version: client.version },
      to: `http://127.0.0.1:${port}`,
      receivers,
      settings: [JSON.stringify(document)],
      // Changes of lists wait for ten seconds.
      ...(webhook.hasLists && { quietMs: 12_000 }),
    },
    resources,
  );
  await startPlugin({ env: {}, document, directory, port }, resources);
  const url = `${recorder.url}/segment/recorded`;
  for (const { deliveries, ...label } of webhook.ways) {
    const said = await sendAll(
      client,
      deliveries.map(({ events, ask, question, settings, headers = webhook.headers, data = '$.' }) => ({
        destination: webhook.destination,
        settings: {
          ...(settings ?? webhook.settings),
          ...(ask !== undefined && {
            createAudienceUrl: `${url}/audiences/create`,
            getAudienceUrl: `${url}/audiences/get`,
          }),
        },
        mapping: { url, method: 'POST', data: { '@path': data }, ...(headers !== undefined && { headers }) },
        ...{ events, ask, ...question },
      })),
    );
    for (const [index, { refused }] of deliveries.entries()) {
      const expected = refused === undefined ? 'answered' : `failed ${refused} `;
      if (said[index]?.startsWith(expected) !== true)
        throw new Error(`${label.file}: ${said[index]}, where ${expected.trim()} was expected`);
    }
    await recorder.cut(label);
  }
  return recorder.finish();
}

/** @param client the package, where it is installed */
export function recordableWebhooks(client: FoundSdk): readonly Recordable[] {
  return WEBHOOKS.map((webhook) => ({ id: webhook.id, record: (place) => record(client, webhook, place) }));
}
