// Reads the settings of the process from environment variables, as manifest.json declares them.

import { Secret } from './workspace/secret.js';

/** Settings of the process. */
export interface ProcessSettings {
  readonly port: number;
  /** `undefined`: all interfaces. */
  readonly host: string | undefined;
  readonly settingsLocation: string;
  /** True when the operator named the location: then it must exist. */
  readonly settingsLocationExplicit: boolean;
  readonly settingsToken: Secret | undefined;
  readonly settingsPollMs: number;
  readonly dataDir: string | undefined;
  readonly upstreamUrl: string | undefined;
  readonly routerTransform: boolean;
  readonly maxBodyBytes: number;
  readonly maxBytesInFlight: number;
  readonly configCacheSize: number;
  readonly drainTimeoutMs: number;
  readonly outboxDirectory: string;
  readonly outboxMaxBytes: number;
  readonly outboxMaxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly deliveryConcurrency: number;
  readonly adminToken: Secret | undefined;
  readonly logLevel: string;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

type Environment = Readonly<Record<string, string | undefined>>;

/** An environment variable that can't be used. The message names it and says what it may be. */
export class ProcessSettingsError extends Error {}

function readText(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

function readSecret(env: Environment, name: string): Secret | undefined {
  const text = readText(env, name);
  return text === undefined ? undefined : new Secret(text);
}

function readInteger(env: Environment, name: string, fallback: number, min: number, max: number): number {
  const text = readText(env, name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new ProcessSettingsError(`${name} must be a whole number from ${min} to ${max}.`);
  return value;
}

function readBoolean(env: Environment, name: string, fallback: boolean): boolean {
  const text = readText(env, name)?.toLowerCase();
  if (text === undefined) return fallback;
  if (text !== 'true' && text !== 'false') throw new ProcessSettingsError(`${name} must be true or false.`);
  return text === 'true';
}

function readLogLevel(env: Environment): string {
  const level = readText(env, 'LOG_LEVEL')?.toLowerCase() ?? 'info';
  if (!LOG_LEVELS.includes(level)) throw new ProcessSettingsError(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`);
  return level;
}

/** @throws ProcessSettingsError */
export function readProcessSettings(env: Environment): ProcessSettings {
  const location = readText(env, 'STATSIG_CDP_SETTINGS');
  return {
    port: readInteger(env, 'PORT', 9090, 0, 65535),
    host: readText(env, 'HOST'),
    settingsLocation: location ?? './settings',
    settingsLocationExplicit: location !== undefined,
    settingsToken: readSecret(env, 'STATSIG_CDP_SETTINGS_TOKEN'),
    settingsPollMs: readInteger(env, 'STATSIG_CDP_SETTINGS_POLL_MS', 10_000, 100, 86_400_000),
    dataDir: readText(env, 'STATSIG_CDP_DATA'),
    upstreamUrl: readText(env, 'UPSTREAM_TRANSFORMER_URL'),
    routerTransform: readBoolean(env, 'ROUTER_TRANSFORM', true),
    maxBodyBytes: readInteger(env, 'MAX_BODY_BYTES', 209_715_200, 1, 4_294_967_296),
    maxBytesInFlight: readInteger(env, 'MAX_BYTES_IN_FLIGHT', 536_870_912, 1, Number.MAX_SAFE_INTEGER),
    configCacheSize: readInteger(env, 'CONFIG_CACHE_SIZE', 1000, 1, 1_000_000),
    drainTimeoutMs: readInteger(env, 'DRAIN_TIMEOUT_MS', 20_000, 0, 600_000),
    outboxDirectory: readText(env, 'OUTBOX_DIRECTORY') ?? './data/outbox',
    outboxMaxBytes: readInteger(env, 'OUTBOX_MAX_BYTES', 1_073_741_824, 1, Number.MAX_SAFE_INTEGER),
    outboxMaxAgeMs: readInteger(env, 'OUTBOX_MAX_AGE_MS', 604_800_000, 1, Number.MAX_SAFE_INTEGER),
    dedupeWindowMs: readInteger(env, 'DEDUPE_WINDOW_MS', 86_400_000, 0, Number.MAX_SAFE_INTEGER),
    deliveryConcurrency: readInteger(env, 'DELIVERY_CONCURRENCY', 8, 1, 1000),
    adminToken: readSecret(env, 'ADMIN_TOKEN'),
    logLevel: readLogLevel(env),
  };
}
