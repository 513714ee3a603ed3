// Records what rudder-server asks the plugin, in each of its modes, and what it is answered.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../src/base/system-error.js';
import type { SeenExchange } from '../src/record/exchange.js';
import { FEATURES } from './features.js';
import { CALLS } from './record-events.js';
import { makeDirectory, type Recordable, type RecordPlace, receiversAt, startRecording } from './record-place.js';
import { recordRegulations } from './record-regulations.js';
import type { Requirements } from './requirements.js';
import { Resources } from './resources.js';
import { type Rig, type RigOptions, type RigPlace, SECRET_KEY, startRig, WORKSPACE } from './rig.js';
import { PROXY } from './scenario-proxy.js';
import { askForCode, postSigned, postUnsigned, SIGNING_SECRET } from './statsig-sender.js';
import type { SourceEvent } from './traffic.js';
import { startTransformer } from './transformer-stand-in.js';
import { until } from './wait.js';
import { EXAMPLE_EVENTS } from './webhook-events.js';
import { DESTINATION_ID, type WebhookSource } from './workspace-config.js';

/** One way in which rudder-server asks, or several that it takes in one run. */
interface Way {
  readonly file: string;
  readonly title: string;
  readonly why: string;
  /** Of the requests that are kept, as many as are asked for. */
  readonly path: string;
  readonly requests: number;
  readonly status?: number;
  readonly options: RigOptions;
  /** What a stock transformer says of itself, where there is one. */
  readonly features?: object;
  /** True where the plugin delivers: its calls are recorded, too. Otherwise rudder-server calls Statsig itself. */
  readonly hasCalls?: true;
  readonly drive: (rig: Rig) => Promise<unknown>;
}

const LOG_LINES = 5;

const TIME = '2026-01-02T03:04:05.678Z';

/** A call of each type, as a source sends them to the gateway. */
const EVENTS: readonly SourceEvent[] = CALLS.map(([type, message], index) => ({
  userId: 'user-42',
  ...message,
  type,
  messageId: `message-${index + 1}`,
  originalTimestamp: TIME,
  ...(type === 'identify' && { context: { traits: { plan: 'pro' } } }),
}));

const TRACK = EVENTS.filter(({ type }) => type === 'track');

const SOURCE: WebhookSource = { id: 'src-statsig', writeKey: 'statsig-source-key', definition: 'Statsig' };

const QUICK = { RSERVER_ROUTER_STATSIG_NO_OF_WORKERS: '1' };

const FOR_ALL = (rig: Rig) => rig.gateway.post(EVENTS);

function bodies(form: 'plain' | 'compacted'): object {
  return { ...FEATURES, supportDestTransformCompactedPayloadV1: form === 'compacted' };
}

function transformWay(mode: 'processor' | 'router', form: 'plain' | 'compacted'): Way {
  return {
    file: `${mode}-${form}`,
    title: `rudder-server asks for a transform in ${mode} mode, with ${form} bodies`,
    why: 'It is one of the four forms in which rudder-server hands events over, and what it reads of the answers.',
    path: mode === 'router' ? '/routerTransform' : '/v0/destinations/statsig',
    requests: 1,
    features: bodies(form),
    options: { plugin: { ROUTER_TRANSFORM: String(mode === 'router') }, server: QUICK },
    drive: FOR_ALL,
  };
}

async function driveSource(rig: Rig): Promise<void> {
  const url = rig.gateway.webhookUrl(SOURCE.writeKey);
  await askForCode(url);
  await postSigned(url, JSON.stringify(EXAMPLE_EVENTS));
  await postUnsigned(url, JSON.stringify(EXAMPLE_EVENTS.slice(0, 1)));
}

function sourceWay(version: 1 | 2): Way {
  return {
    file: `source-v${version}`,
    title: `rudder-server asks for a source transform v${version}: a handshake, a webhook, and one that is not signed`,
    why: 'The gateway passes on what Statsig posts, and gives Statsig the answer that it finds in ours.',
    path: `/v${version}/sources/statsig`,
    requests: 3,
    features: { ...FEATURES, upgradedToSourceTransformV2: version === 2 },
    options: {
      webhookSources: [SOURCE],
      claimedSources: [SOURCE.id],
      settings: { outbound: { signingSecrets: [SIGNING_SECRET] } },
    },
    drive: driveSource,
  };
}

let refusals = 0;

/** While it is stopping, rudder-server is answered 503, and waits. */
async function driveStop({ gateway, plugin, statsig }: Rig): Promise<void> {
  await gateway.post(EVENTS.map((event) => ({ ...event, userId: 'user-1' })));
  await until('the first request arrives', () => (statsig.requests.length > 0 ? undefined : 'none had arrived'));
  const stopping = plugin.stop('SIGTERM');
  await gateway.post(TRACK.map((event) => ({ ...event, userId: 'user-2', messageId: 'message-late' })));
  await stopping;
  await plugin.start();
}

const WAYS: readonly Way[] = [
  transformWay('processor', 'plain'),
  transformWay('processor', 'compacted'),
  transformWay('router', 'plain'),
  transformWay('router', 'compacted'),
  {
    file: 'batch',
    title: 'rudder-server puts what its processor had transformed into batches',
    why: 'With batching on, rudder-server asks before it delivers whether delivery requests can be one.',
    path: '/batch',
    requests: 1,
    options: {
      plugin: { ROUTER_TRANSFORM: 'false' },
      server: {
        ...QUICK,
        RSERVER_ROUTER_BATCHING_SUPPORTED_DESTINATIONS: 'STATSIG',
        RSERVER_ROUTER_STATSIG_ENABLE_BATCHING: 'true',
      },
    },
    drive: FOR_ALL,
  },
  {
    file: 'proxy-v1',
    title: 'rudder-server lets the plugin deliver (proxy v1)',
    why: 'Each event of the batch gets a verdict of its own.',
    path: '/v1/destinations/statsig/proxy',
    hasCalls: true,
    requests: 1,
    features: FEATURES,
    options: { server: { ...PROXY, ...QUICK } },
    drive: FOR_ALL,
  },
  {
    file: 'proxy-v0',
    title: 'rudder-server lets the plugin deliver (proxy v0)',
    why: 'Where the stock transformer says that it knows no v1, rudder-server reads one verdict for all.',
    path: '/v0/destinations/statsig/proxy',
    hasCalls: true,
    requests: 1,
    features: { ...FEATURES, supportTransformerProxyV1: false },
    options: { server: { ...PROXY, ...QUICK } },
    drive: FOR_ALL,
  },
  {
    file: 'proxy-429',
    title: 'Statsig answers 429 to what the plugin delivers for rudder-server, then takes it',
    why: 'rudder-server must wait and send the same again, and not count it as lost.',
    path: '/v1/destinations/statsig/proxy',
    hasCalls: true,
    requests: 2,
    features: FEATURES,
    options: {
      server: { ...PROXY, ...QUICK },
      statsig() {
        refusals += 1;
        return refusals === 1 ? { status: 429, headers: { 'retry-after': '1' } } : undefined;
      },
    },
    drive: ({ gateway }) => gateway.post(TRACK),
  },
  {
    file: 'stopping-503',
    title: 'rudder-server asks while the plugin stops, and is told to come back',
    why: 'With `X-Rudder-Should-Retry` rudder-server waits for the next process; without it, it would give events up.',
    path: '/routerTransform',
    requests: 1,
    status: 503,
    options: {
      server: { ...PROXY, RSERVER_ROUTER_STATSIG_NO_OF_WORKERS: '8' },
      outage: true,
      statsigDelayMs: () => 4_000,
    },
    drive: driveStop,
  },
  sourceWay(2),
  sourceWay(1),
  {
    file: 'features',
    title: 'rudder-server asks what the plugin can do',
    why: 'It asks at its start and every ten seconds, and the form of everything else depends on the answer.',
    path: '/features',
    requests: 1,
    options: {},
    drive: async () => {},
  },
];

async function versionOf({ binary }: Requirements): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, ['-version'], { env: { PATH: process.env.PATH ?? '' } }).catch(
    ({ stdout }: { stdout?: string }) => ({ stdout: stdout ?? '' }),
  );
  const [, version] = /"Version":\s*"v?([\w.-]+)"/.exec(stdout) ?? [];
  return process.env.RUDDER_SERVER_VERSION?.trim() || version || 'unknown';
}

type Recorder = Awaited<ReturnType<typeof startRecording>>;

/** Runs rudder-server in one way, and keeps what it asks. */
async function recordWay(way: Way, version: string, requirements: Requirements, directory: string): Promise<number> {
  const resources = new Resources();
  const logs: RigPlace['logs'] = [];
  const transformer = way.features === undefined ? undefined : await startTransformer(way.features);
  if (transformer !== undefined) resources.add(transformer.close);
  let recorder: Recorder | undefined;
  const picks = ({ path, response }: SeenExchange): boolean =>
    path === way.path && response.status === (way.status ?? response.status) && (recorder?.held ?? 0) < way.requests;
  const settings = typeof way.options.settings === 'object' ? way.options.settings : {};
  const document = {
    id: WORKSPACE,
    secretKey: SECRET_KEY,
    rudderstack: { destinationIds: [DESTINATION_ID], sourceIds: way.options.claimedSources ?? [] },
    ...settings,
  };
  try {
    const rig = await startRig(
      {
        requirements,
        resources,
        database: `statsig_cdp_record_${process.pid}`,
        directory: join(directory, way.file),
        logs,
      },
      {
        ...way.options,
        plugin: {
          ...way.options.plugin,
          ...(transformer !== undefined && { UPSTREAM_TRANSFORMER_URL: transformer.url }),
        },
        keyIn: 'environment',
        async beforeStatsig(statsigUrl, pluginUrl) {
          const { receivers, taps } = await receiversAt(way.hasCalls ? { statsig: statsigUrl } : {});
          recorder = await startRecording(
            {
              ...{ id: 'rudder-server', name: 'rudder-server', version },
              to: pluginUrl,
              // Nothing of the plugin's calls comes later than its answer, so no request has to wait for another.
              receivers,
              quietMs: 0,
              isAdded: true,
              settings: [JSON.stringify({ ...document, eventsUrl: taps.statsig ?? statsigUrl })],
              picks,
              ...(way.status === 503 && { stopping: true }),
            },
            resources,
          );
          return taps.statsig ?? statsigUrl;
        },
        between: async () => recorder?.url ?? '',
      },
    );
    await way.drive(rig);
    await until(`rudder-server asks for ${way.path}`, () =>
      (recorder?.held ?? 0) < way.requests ? `${recorder?.held} of ${way.requests} requests came` : undefined,
    );
    const { file, title, why } = way;
    await recorder?.cut({ file, title, why });
    return (await recorder?.finish()) ?? 0;
  } catch (error) {
    const said = logs.flatMap(({ name, tail }) => tail(LOG_LINES).map((line) => `  ${name}: ${line.slice(0, 400)}`));
    throw new Error([`${way.file}: ${messageOf(error)}`, ...said].join('\n'));
  } finally {
    await resources.close();
  }
}

async function record(requirements: Requirements, { directory }: RecordPlace): Promise<number> {
  const version = await versionOf(requirements);
  makeDirectory('rudder-server', version);
  let written = 0;
  for (const way of WAYS) {
    refusals = 0;
    written += await recordWay(way, version, requirements, directory);
  }
  return written + (await recordRegulations(version, directory));
}

/** rudder-server and its database are there. */
export function recordableRudderServer(requirements: Requirements): Recordable {
  return { id: 'rudder-server', record: (place) => record(requirements, place) };
}
