// Reads a request for delivery: a delivery request with the jobs it stands for.

import { PluginError } from '../../base/errors.js';
import { toJsonText } from '../../base/json.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { DeliveryMethod } from '../../statsig/statsig-endpoints.js';
import { assertBatchLength } from '../request-limits.js';

/** Version of rudder-server's proxy call: v0 has one verdict for all jobs, v1 one per job. */
export type ProxyVersion = 'v0' | 'v1';

/** A request for delivery, checked. */
export interface ProxyRequest {
  readonly method: DeliveryMethod;
  readonly endpoint: string;
  /** Query parameters included. */
  readonly url: string;
  readonly headers: Headers;
  /** Body of the Statsig request. */
  readonly body: JsonObject;
  /** Metadata of the jobs. One in v0, where rudder-server sends only the first. */
  readonly jobs: readonly JsonObject[];
}

/** What rudder-server's router sends at most. Each is answered with what Statsig said, which may be some kilobytes. */
const MAX_JOBS = 10_000;

/** Set by the HTTP client itself, or meant for one hop only. */
const SKIPPED_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const METHODS: ReadonlyMap<string, DeliveryMethod> = new Map([
  ['POST', 'POST'],
  ['PATCH', 'PATCH'],
  ['DELETE', 'DELETE'],
]);

function refuse(detail: string): never {
  throw new PluginError('DELIVERY_REQUEST_INVALID', detail);
}

function readHeaders(value: unknown): Headers {
  const headers = new Headers();
  if (!isJsonObject(value)) return headers;
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string' || SKIPPED_HEADERS.has(name.toLowerCase())) continue;
    try {
      headers.set(name, text);
    } catch {
      // The error text would hold the value, which may be the key.
      refuse(`headers: ${name.slice(0, 40)} is not a valid header`);
    }
  }
  return headers;
}

function readJobs(metadata: unknown, version: ProxyVersion): readonly JsonObject[] {
  if (version === 'v0') return [isJsonObject(metadata) ? metadata : {}];
  if (!Array.isArray(metadata) || metadata.length === 0)
    return refuse('metadata: an array with at least one job is needed');
  assertBatchLength(metadata.length, MAX_JOBS);
  const jobs: JsonObject[] = [];
  for (const job of metadata) jobs.push(isJsonObject(job) ? job : refuse('metadata: each job must be an object'));
  return jobs;
}

/** @param value of parsed JSON */
function paramText(name: string, value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return toJsonText(value) ?? refuse(`params: ${name.slice(0, 40)} is nested too deep`);
}

function readUrl(endpoint: string, params: unknown): string {
  if (!isJsonObject(params) || Object.keys(params).length === 0) return endpoint;
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(params)) url.searchParams.append(name, paramText(name, value));
  return url.href;
}

/** @throws PluginError DELIVERY_REQUEST_INVALID, naming the field; BATCH_TOO_LONG */
export function readProxyRequest(value: unknown, version: ProxyVersion): ProxyRequest {
  if (!isJsonObject(value)) return refuse('not an object');
  const { endpoint, type, body } = value;
  const jobs = readJobs(value.metadata, version);
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return refuse('endpoint: not a URL');
  if (type !== undefined && type !== 'REST') return refuse('type: must be REST');
  const method = typeof value.method === 'string' ? METHODS.get(value.method.toUpperCase()) : undefined;
  if (method === undefined) return refuse('method: must be POST, PATCH or DELETE');
  if (!isJsonObject(body) || !isJsonObject(body.JSON) || Object.keys(body.JSON).length === 0)
    return refuse('body.JSON: must be a non-empty object');
  const url = readUrl(endpoint, value.params);
  return { method, endpoint, url, headers: readHeaders(value.headers), body: body.JSON, jobs };
}
