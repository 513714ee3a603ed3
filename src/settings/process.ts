// Reads the settings of the process from environment variables, as manifest.json declares them.

import { constants } from 'node:buffer';
import { Secret } from '../base/secret.js';
import { manifest } from './manifest.js';

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
  /** True where a proxy in front sets or checks `Host` and `X-Forwarded-Proto`. */
  readonly trustProxy: boolean;
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
  readonly outboxReserveBytes: number;
  readonly deadLettersMaxBytes: number;
  readonly deadLettersMaxAgeMs: number;
  readonly dedupeWindowMs: number;
  readonly deliveryConcurrency: number;
  readonly segmentClients: number;
  readonly adminToken: Secret | undefined;
  readonly logLevel: string;
}

const MAX_PORT = 65_535;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

type Environment = Readonly<Record<string, string | undefined>>;

/** An environment variable that can't be used. The message names it and says what it may be. */
export class ProcessSettingsError extends Error {}

/** What the manifest says a variable is when it is not set. */
function defaultOf(name: string): string | undefined {
  const variable = manifest.environment.find((each) => each.name === name);
  if (variable === undefined) throw new Error(`manifest.json does not declare ${name}`);
  return variable.default === undefined ? undefined : String(variable.default);
}

function readOwn(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

function readText(env: Environment, name: string): string | undefined {
  return readOwn(env, name) ?? defaultOf(name);
}

/** For a variable that the manifest gives a default. */
function requireText(env: Environment, name: string): string {
  const text = readText(env, name);
  if (text === undefined) throw new Error(`manifest.json gives ${name} no default`);
  return text;
}

function readSecret(env: Environment, name: string): Secret | undefined {
  const text = readText(env, name);
  return text === undefined ? undefined : new Secret(text);
}

function readInteger(env: Environment, name: string, min: number, max: number): number {
  return toInteger(name, requireText(env, name), min, max);
}

function toInteger(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new ProcessSettingsError(`${name} must be a whole number from ${min} to ${max}.`);
  return value;
}

function readBoolean(env: Environment, name: string): boolean {
  const text = requireText(env, name).toLowerCase();
  if (text !== 'true' && text !== 'false') throw new ProcessSettingsError(`${name} must be true or false.`);
  return text === 'true';
}

function readLogLevel(env: Environment): string {
  const level = requireText(env, 'LOG_LEVEL').toLowerCase();
  if (!LOG_LEVELS.includes(level)) throw new ProcessSettingsError(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`);
  return level;
}

/** The ports, and who may share one. */
function readListeners(
  env: Environment,
): Pick<ProcessSettings, 'port' | 'host' | 'publicPort' | 'publicHost' | 'singlePort'> {
  const port = readInteger(env, 'PORT', 0, MAX_PORT);
  const host = readText(env, 'HOST');
  const publicText = readText(env, 'PUBLIC_PORT');
  const publicPort = publicText === undefined ? undefined : toInteger('PUBLIC_PORT', publicText, 0, MAX_PORT);
  const publicHost = readText(env, 'PUBLIC_HOST') ?? host;
  const singlePort = readBoolean(env, 'SINGLE_PORT');
  if (singlePort && publicPort !== undefined)
    throw new ProcessSettingsError('PUBLIC_PORT and SINGLE_PORT=true contradict each other: set one of them.');
  if (port !== 0 && port === publicPort && host === publicHost)
    throw new ProcessSettingsError(
      'PUBLIC_PORT must be another port than PORT. For one port set SINGLE_PORT=true instead.',
    );
  return { port, host, publicPort, publicHost, singlePort };
}

/** @throws ProcessSettingsError */
export function readProcessSettings(env: Environment): ProcessSettings {
  return {
    ...readListeners(env),
    trustProxy: readBoolean(env, 'TRUST_PROXY'),
    settingsLocation: requireText(env, 'STATSIG_CDP_SETTINGS'),
    settingsLocationExplicit: readOwn(env, 'STATSIG_CDP_SETTINGS') !== undefined,
    settingsToken: readSecret(env, 'STATSIG_CDP_SETTINGS_TOKEN'),
    settingsPollMs: readInteger(env, 'STATSIG_CDP_SETTINGS_POLL_MS', 100, 86_400_000),
    dataDir: readText(env, 'STATSIG_CDP_DATA'),
    upstreamUrl: readText(env, 'UPSTREAM_TRANSFORMER_URL'),
    routerTransform: readBoolean(env, 'ROUTER_TRANSFORM'),
    // A longer body can't be parsed whole: Node makes no text of it.
    maxBodyBytes: readInteger(env, 'MAX_BODY_BYTES', 1, constants.MAX_STRING_LENGTH),
    maxBytesInFlight: readInteger(env, 'MAX_BYTES_IN_FLIGHT', 1, Number.MAX_SAFE_INTEGER),
    configCacheSize: readInteger(env, 'CONFIG_CACHE_SIZE', 1, 1_000_000),
    drainTimeoutMs: readInteger(env, 'DRAIN_TIMEOUT_MS', 0, 600_000),
    outboxDirectory: requireText(env, 'OUTBOX_DIRECTORY'),
    outboxMaxBytes: readInteger(env, 'OUTBOX_MAX_BYTES', 1, Number.MAX_SAFE_INTEGER),
    outboxMaxAgeMs: readInteger(env, 'OUTBOX_MAX_AGE_MS', 1, Number.MAX_SAFE_INTEGER),
    outboxReserveBytes: readInteger(env, 'OUTBOX_RESERVE_BYTES', 0, Number.MAX_SAFE_INTEGER),
    deadLettersMaxBytes: readInteger(env, 'DEAD_LETTERS_MAX_BYTES', 0, Number.MAX_SAFE_INTEGER),
    deadLettersMaxAgeMs: readInteger(env, 'DEAD_LETTERS_MAX_AGE_MS', 1, Number.MAX_SAFE_INTEGER),
    dedupeWindowMs: readInteger(env, 'DEDUPE_WINDOW_MS', 0, Number.MAX_SAFE_INTEGER),
    deliveryConcurrency: readInteger(env, 'DELIVERY_CONCURRENCY', 1, 1000),
    segmentClients: readInteger(env, 'SEGMENT_CLIENTS', 1, 1_000_000),
    adminToken: readSecret(env, 'ADMIN_TOKEN'),
    logLevel: readLogLevel(env),
  };
}
