// Proxy delivery: rudder-server hands over a delivery request, we send it and answer per job.

import { describeError, ERRORS } from '../../base/errors.js';
import { hostOf } from '../../call/http-request.js';
import type { Verdict } from '../../call/verdict.js';
import { fieldsOf } from '../../http/json-fields.js';
import type { JsonObject } from '../../model/segment-event.js';
import type { EndpointCheck } from '../../statsig/statsig-endpoints.js';
import { deliverJobs, type JobVerdict } from './deliver-jobs.js';
import { type ProxyRequest, type ProxyVersion, readProxyRequest } from './proxy-request.js';
import { echoMetadata, statTags } from './respond.js';
import type { DeliveryTally } from './tally.js';

/** An answer: rudder-server reads the HTTP status in v0 and the jobs' own in v1. */
export interface ProxyResponse {
  readonly status: number;
  /** JSON text. */
  readonly text: string;
}

/** What delivering depends on. */
export interface ProxyDeps {
  readonly isAllowed: EndpointCheck;
  /** Id of the settings document that names the destination of a job's metadata; empty where none does. */
  readonly workspaceOf: (job: JsonObject) => string;
}

/** The default of rudder-server's own destination timeout. */
const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 600_000;

/** Milliseconds we may take, from the header `RdProxy-Timeout`. */
function readTimeout(header: string | undefined): number {
  const ms = Number(header);
  return Number.isInteger(ms) && ms > 0 ? Math.min(ms, MAX_TIMEOUT_MS) : DEFAULT_TIMEOUT_MS;
}

const ERROR_TYPES: Readonly<Record<Verdict['kind'], string>> = {
  delivered: '',
  retry: 'retryable',
  unclear: 'retryable',
  split: 'aborted',
  isolate: 'retryable',
  failed: 'aborted',
};

function errorType({ kind, status }: Verdict): string {
  return status === 429 ? 'throttled' : ERROR_TYPES[kind];
}

/**
 * One of several events is to blame for a 400: each job is to be tried again, alone. 500 is what rudder-server retries, `dontBatch` what it hands back to the router
 * transform.
 */
function jobText({ job, verdict }: JobVerdict): string {
  if (verdict.kind !== 'isolate') {
    return `{"statusCode":${verdict.status},"metadata":${echoMetadata({ metadata: job })},"error":${JSON.stringify(verdict.message)}}`;
  }
  return `{"statusCode":500,"metadata":${echoMetadata({ metadata: { ...job, dontBatch: true } })},"error":${JSON.stringify(`${verdict.message} Tried again one by one.`)}}`;
}

function tagsField(verdict: Verdict, verdicts: readonly JobVerdict[]): string {
  if (verdict.kind === 'delivered') return '';
  return `,"statTags":${JSON.stringify(statTags('dataDelivery', 'network', errorType(verdict), verdicts[0]?.job))}`;
}

function summary(verdicts: readonly JobVerdict[]): Verdict {
  const [first] = verdicts;
  if (first === undefined) throw new Error('a delivery has at least one job');
  return (verdicts.find(({ verdict }) => verdict.kind !== 'delivered') ?? first).verdict;
}

function answerV1(verdicts: readonly JobVerdict[]): ProxyResponse {
  const verdict = summary(verdicts);
  const jobs = verdicts.map(jobText).join(',');
  const message = verdict.kind === 'delivered' ? 'Delivered to Statsig.' : verdict.message;
  return {
    status: 200,
    text: `{"output":{"message":${JSON.stringify(message)},"response":[${jobs}]${tagsField(verdict, verdicts)}}}`,
  };
}

/** v0 has one status for all jobs: that of the first part that was not delivered. A 404 would be read as a missing transformer and retried. */
function answerV0(verdicts: readonly JobVerdict[]): ProxyResponse {
  const verdict = summary(verdicts);
  const status = verdict.kind === 'delivered' ? 200 : verdict.status === 404 ? 400 : verdict.status;
  const response = JSON.stringify({ response: verdict.message, status: verdict.status });
  const message = verdict.kind === 'delivered' ? 'Delivered to Statsig.' : verdict.message;
  return {
    status,
    text: `{"output":{"status":${verdict.status},"message":${JSON.stringify(message)},"destinationResponse":${response}${tagsField(verdict, verdicts)}}}`,
  };
}

function refusedEndpoint({ endpoint, jobs }: ProxyRequest): readonly JobVerdict[] {
  const message = describeError('ENDPOINT_NOT_ALLOWED', 'endpoint', hostOf(endpoint));
  const verdict: Verdict = { kind: 'failed', status: ERRORS.ENDPOINT_NOT_ALLOWED.status, message };
  return jobs.map((job) => ({ job, verdict }));
}

/** The only field of this name; none where there are several, of which one counts. */
function onlyField(bytes: Buffer, name: string): Buffer | undefined {
  const [first, ...more] = fieldsOf(bytes, name, 1);
  return more.length === 0 ? first : undefined;
}

/** `body.JSON` as it stands in the bytes of a call. */
function relayedText(bytes: Buffer): string | undefined {
  const body = onlyField(bytes, 'body');
  return body && onlyField(body, 'JSON')?.toString();
}

/**
 * Delivers and answers (rudder-server, proxy delivery v0 and v1).
 *
 * @param body the parsed request body
 * @param bytes of it: a message that is relayed stays as it is written
 * @param timeoutHeader value of `RdProxy-Timeout`, in milliseconds
 * @throws PluginError DELIVERY_REQUEST_INVALID, BATCH_TOO_LONG, before anything is sent
 */
export async function proxyResponse(
  body: unknown,
  bytes: Buffer,
  version: ProxyVersion,
  timeoutHeader: string | undefined,
  { isAllowed, workspaceOf }: ProxyDeps,
  tally: DeliveryTally,
): Promise<ProxyResponse> {
  const request = readProxyRequest(body, version);
  const { method, endpoint, url, headers, jobs } = request;
  const verdicts = isAllowed(endpoint, method)
    ? await deliverJobs({
        method,
        url,
        headers,
        body: request.body,
        bodyText: Array.isArray(request.body.events) ? undefined : relayedText(bytes),
        jobs,
        timeoutMs: readTimeout(timeoutHeader),
      })
    : refusedEndpoint(request);
  for (const { job, verdict } of verdicts) tally.add(verdict, workspaceOf(job));
  return version === 'v1' ? answerV1(verdicts) : answerV0(verdicts);
}
