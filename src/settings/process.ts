// Reads the settings of the process from environment variables, as manifest.json declares them.

import { LOG_FORMATS, LOG_LEVELS, type LogFormat } from '../base/logger.js';
import type { Secret } from '../base/secret.js';
import { createProxyTrust, type ProxyTrust } from '../http/proxy-trust.js';
import { type Environment, type EnvironmentValues, ProcessSettingsError, readEnvironment } from './environment.js';
import { findEnvironmentMistakes } from './environment-mistakes.js';
import { manifest } from './manifest.js';
import { outboxUrlFault, passwordIn, schemaFault } from './shared-outbox.js';
import { readWorkers, WORKERS_FORMS, type Workers } from './workers.js';

export { ProcessSettingsError } from './environment.js';

/** Where the outbox is that several processes share. */
export interface SharedOutbox {
  readonly url: Secret;
  /** Of the URL, as the database is told it. */
  readonly password: Secret | undefined;
  readonly schema: string;
  readonly leaseMs: number;
}

/** Settings of the process. */
export interface ProcessSettings {
  readonly port: number;
  /** `undefined`: all interfaces. */
  readonly host: string | undefined;
  /** Of the listener for senders outside. `undefined`: there is none. */
  readonly publicPort: number | undefined;
  /** `undefined`: all interfaces. */
  readonly publicHost: string | undefined;
  /** True where everything is served on `port` although the documents hold secrets. */
  readonly singlePort: boolean;
  /** Which proxies in front are believed when they say who asks, and by which address. */
  readonly trustProxy: ProxyTrust;
  readonly settingsLocation: string;
  /** True when the operator named the location: then it must exist. */
  readonly settingsLocationExplicit: boolean;
  readonly settingsToken: Secret | undefined;
  readonly settingsPollMs: number;
  readonly dataDir: string | undefined;
  readonly upstreamUrl: string | undefined;
  readonly routerTransform: boolean;
  readonly maxBodyBytes: number;
  readonly trackingMaxBodyBytes: number;
  readonly trackingMaxEventBytes: number;
  readonly maxBytesInFlight: number;
  readonly configCacheSize: number;
  readonly drainTimeoutMs: number;
  readonly outboxDirectory: string;
  /** `undefined`: the outbox is embedded. */
  readonly sharedOutbox: SharedOutbox | undefined;
  readonly outboxMaxBytes: number;
  readonly outboxMaxAgeMs: number;
  readonly outboxReserveBytes: number;
  readonly deadLettersMaxBytes: number;
  readonly deadLettersMaxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly deliveryConcurrency: number;
  readonly segmentClients: number;
  readonly adminToken: Secret | undefined;
  readonly adminReadToken: Secret | undefined;
  readonly workers: Workers;
  /** Whether the live log keeps anything. */
  readonly liveLog: boolean;
  readonly logLevel: string;
  /** How a line of the log is written. */
  readonly logFormat: LogFormat;
}

/** The ports. */
function readListeners(
  values: EnvironmentValues,
): Pick<ProcessSettings, 'port' | 'host' | 'publicPort' | 'publicHost' | 'singlePort'> {
  const port = values.integer('PORT');
  const host = values.optionalText('HOST');
  const publicPort = values.optionalInteger('PUBLIC_PORT');
  const publicHost = values.optionalText('PUBLIC_HOST') ?? host;
  const singlePort = values.boolean('SINGLE_PORT');
  return { port, host, publicPort, publicHost, singlePort };
}

/** What is wrong with ports and addresses that are right each by itself. */
function* listenerFaults({ port, host, publicPort, publicHost, singlePort }: ReturnType<typeof readListeners>) {
  if (singlePort && publicPort !== undefined)
    yield 'PUBLIC_PORT and SINGLE_PORT=true contradict each other: set one of them.';
  else if (port !== 0 && port === publicPort && host === publicHost)
    yield 'PUBLIC_PORT must be another port than PORT. For one port set SINGLE_PORT=true instead.';
}

/** One token for both would let the readers write. */
function* tokenFaults({ adminToken, adminReadToken }: Pick<ProcessSettings, 'adminToken' | 'adminReadToken'>) {
  if (adminToken !== undefined && adminToken.reveal() === adminReadToken?.reveal())
    yield 'ADMIN_READ_TOKEN must be another token than ADMIN_TOKEN, or unset.';
}

function readSharedOutbox(values: EnvironmentValues): SharedOutbox | undefined {
  const url = values.secret('OUTBOX_URL');
  const schema = values.text('OUTBOX_SCHEMA');
  const leaseMs = values.integer('OUTBOX_LEASE_MS');
  return url === undefined ? undefined : { url, password: passwordIn(url), schema, leaseMs };
}

/** Other empty variables are as good as unset. What was meant to be in a database must not be kept on a disk that no one looks after. */
function* emptyOutboxFaults({ OUTBOX_URL }: Environment) {
  if (OUTBOX_URL?.trim() === '')
    yield 'OUTBOX_URL is empty: was the file or the secret read that it comes from? For an embedded outbox unset it.';
}

/** What is wrong with the shared outbox, by itself and with what has to be so where there is one, or none. */
function* outboxFaults({
  sharedOutbox,
  adminToken,
  singlePort,
  workers,
}: Pick<ProcessSettings, 'sharedOutbox' | 'adminToken' | 'singlePort' | 'workers'>) {
  if (sharedOutbox === undefined) {
    // `auto` is refused on one core, too: what holds on this machine has to hold on a larger one.
    if (singlePort && workers !== 1)
      yield 'SINGLE_PORT=true with WORKERS needs OUTBOX_URL: an embedded outbox belongs to one process. Set PUBLIC_PORT instead, which that process serves, or OUTBOX_URL.';
    return;
  }
  const faults = [outboxUrlFault(sharedOutbox.url.reveal()), schemaFault(sharedOutbox.schema)];
  yield* faults.filter((fault) => fault !== undefined);
  // Each would make a token of its own, and a console that is asked twice would know its user once.
  if (adminToken === undefined) yield 'OUTBOX_URL needs ADMIN_TOKEN: replicas that share an outbox share the token.';
}

/** @returns `undefined` for what is none of its forms */
function readProxyTrust(values: EnvironmentValues): ProxyTrust | undefined {
  try {
    return createProxyTrust(values.text('TRUST_PROXY'));
  } catch {
    return undefined;
  }
}

const TRUST_PROXY_FORMS =
  'TRUST_PROXY must be true, false, a number of proxies, or their addresses (10.0.0.0/8, loopback, linklocal, uniquelocal, with commas between).';

/** Settings, as far as they can be used, and what is wrong with the others. */
export interface InspectedSettings {
  /** What is at fault stands at its default. */
  readonly settings: ProcessSettings;
  readonly faults: readonly string[];
}

/** @throws ProcessSettingsError with all faults; ManifestError as `inspectProcessSettings` */
export function readProcessSettings(env: Environment): ProcessSettings {
  const { settings, faults } = inspectProcessSettings(env);
  if (faults.length > 0) throw new ProcessSettingsError(...faults);
  return settings;
}

/** @throws ManifestError for a variable that is declared and not read, read and not declared, or read otherwise than declared */
export function inspectProcessSettings(env: Environment): InspectedSettings {
  const values = readEnvironment(env, manifest.environment);
  const listeners = readListeners(values);
  const trustProxy = readProxyTrust(values);
  const workers = readWorkers(values.text('WORKERS'));
  const settings: ProcessSettings = {
    ...listeners,
    trustProxy: trustProxy ?? createProxyTrust('false'),
    settingsLocation: values.text('STATSIG_CDP_SETTINGS'),
    settingsLocationExplicit: values.isSet('STATSIG_CDP_SETTINGS'),
    settingsToken: values.secret('STATSIG_CDP_SETTINGS_TOKEN'),
    settingsPollMs: values.integer('STATSIG_CDP_SETTINGS_POLL_MS'),
    dataDir: values.optionalText('STATSIG_CDP_DATA'),
    upstreamUrl: values.optionalText('UPSTREAM_TRANSFORMER_URL'),
    routerTransform: values.boolean('ROUTER_TRANSFORM'),
    maxBodyBytes: values.integer('MAX_BODY_BYTES'),
    trackingMaxBodyBytes: values.integer('TRACKING_MAX_BODY_BYTES'),
    trackingMaxEventBytes: values.integer('TRACKING_MAX_EVENT_BYTES'),
    maxBytesInFlight: values.integer('MAX_BYTES_IN_FLIGHT'),
    configCacheSize: values.integer('CONFIG_CACHE_SIZE'),
    drainTimeoutMs: values.integer('DRAIN_TIMEOUT_MS'),
    outboxDirectory: values.text('OUTBOX_DIRECTORY'),
    sharedOutbox: readSharedOutbox(values),
    outboxMaxBytes: values.integer('OUTBOX_MAX_BYTES'),
    outboxMaxAgeMs: values.integer('OUTBOX_MAX_AGE_MS'),
    outboxReserveBytes: values.integer('OUTBOX_RESERVE_BYTES'),
    deadLettersMaxBytes: values.integer('DEAD_LETTERS_MAX_BYTES'),
    deadLettersMaxAgeMs: values.integer('DEAD_LETTERS_MAX_AGE_MS'),
    dedupeWindowMs: values.integer('DEDUPE_WINDOW_MS'),
    deliveryConcurrency: values.integer('DELIVERY_CONCURRENCY'),
    segmentClients: values.integer('SEGMENT_CLIENTS'),
    adminToken: values.secret('ADMIN_TOKEN'),
    adminReadToken: values.secret('ADMIN_READ_TOKEN'),
    workers: workers ?? 1,
    liveLog: values.choice('LIVE_LOG', ['on', 'off']) === 'on',
    logLevel: values.choice('LOG_LEVEL', LOG_LEVELS),
    logFormat: values.choice('LOG_FORMAT', LOG_FORMATS),
  };
  values.assertAllRead();
  const faults = [
    ...values.faults,
    ...listenerFaults(listeners),
    ...tokenFaults(settings),
    ...emptyOutboxFaults(env),
    ...outboxFaults(settings),
    ...(workers === undefined ? [WORKERS_FORMS] : []),
    ...(trustProxy === undefined ? [TRUST_PROXY_FORMS] : []),
    ...findEnvironmentMistakes(env, manifest.environment).faults,
  ];
  return { settings, faults };
}

/** What in the environment may not be meant, each as a sentence. */
export function environmentWarnings(env: Environment): readonly string[] {
  return findEnvironmentMistakes(env, manifest.environment).warnings;
}
