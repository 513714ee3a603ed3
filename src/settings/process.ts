// Reads the settings of the process from environment variables, as manifest.json declares them.

import { LOG_LEVELS } from '../base/logger.js';
import type { Secret } from '../base/secret.js';
import { createProxyTrust, type ProxyTrust } from '../http/proxy-trust.js';
import { type Environment, type EnvironmentValues, ProcessSettingsError, readEnvironment } from './environment.js';
import { findEnvironmentMistakes } from './environment-mistakes.js';
import { manifest } from './manifest.js';

export { ProcessSettingsError } from './environment.js';

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
  readonly outboxMaxBytes: number;
  readonly outboxMaxAgeMs: number;
  readonly outboxReserveBytes: number;
  readonly deadLettersMaxBytes: number;
  readonly deadLettersMaxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly deliveryConcurrency: number;
  readonly segmentClients: number;
  readonly adminToken: Secret | undefined;
  readonly logLevel: string;
}

/** The ports, and who may share one. */
function readListeners(
  values: EnvironmentValues,
): Pick<ProcessSettings, 'port' | 'host' | 'publicPort' | 'publicHost' | 'singlePort'> {
  const port = values.integer('PORT');
  const host = values.optionalText('HOST');
  const publicPort = values.optionalInteger('PUBLIC_PORT');
  const publicHost = values.optionalText('PUBLIC_HOST') ?? host;
  const singlePort = values.boolean('SINGLE_PORT');
  if (singlePort && publicPort !== undefined)
    throw new ProcessSettingsError('PUBLIC_PORT and SINGLE_PORT=true contradict each other: set one of them.');
  if (port !== 0 && port === publicPort && host === publicHost)
    throw new ProcessSettingsError(
      'PUBLIC_PORT must be another port than PORT. For one port set SINGLE_PORT=true instead.',
    );
  return { port, host, publicPort, publicHost, singlePort };
}

function readProxyTrust(values: EnvironmentValues): ProxyTrust {
  const setting = values.text('TRUST_PROXY');
  try {
    return createProxyTrust(setting);
  } catch {
    throw new ProcessSettingsError(
      `TRUST_PROXY must be true, false, a number of proxies, or their addresses (10.0.0.0/8, loopback, linklocal, uniquelocal, with commas between).`,
    );
  }
}

/** @throws ProcessSettingsError; ManifestError for a variable that is declared and not read, read and not declared, or read otherwise than declared */
export function readProcessSettings(env: Environment): ProcessSettings {
  const values = readEnvironment(env, manifest.environment);
  const settings: ProcessSettings = {
    ...readListeners(values),
    trustProxy: readProxyTrust(values),
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
    outboxMaxBytes: values.integer('OUTBOX_MAX_BYTES'),
    outboxMaxAgeMs: values.integer('OUTBOX_MAX_AGE_MS'),
    outboxReserveBytes: values.integer('OUTBOX_RESERVE_BYTES'),
    deadLettersMaxBytes: values.integer('DEAD_LETTERS_MAX_BYTES'),
    deadLettersMaxAgeMs: values.integer('DEAD_LETTERS_MAX_AGE_MS'),
    dedupeWindowMs: values.integer('DEDUPE_WINDOW_MS'),
    deliveryConcurrency: values.integer('DELIVERY_CONCURRENCY'),
    segmentClients: values.integer('SEGMENT_CLIENTS'),
    adminToken: values.secret('ADMIN_TOKEN'),
    logLevel: values.choice('LOG_LEVEL', LOG_LEVELS),
  };
  values.assertAllRead();
  const [fault] = findEnvironmentMistakes(env, manifest.environment).faults;
  if (fault !== undefined) throw new ProcessSettingsError(fault);
  return settings;
}

/** What in the environment may not be meant, each as a sentence. */
export function environmentWarnings(env: Environment): readonly string[] {
  return findEnvironmentMistakes(env, manifest.environment).warnings;
}
