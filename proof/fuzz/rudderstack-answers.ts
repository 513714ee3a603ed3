// What a success to rudder-server must look like: one answer per event, in order, the metadata as it was sent.

import { ERRORS } from '../../src/base/errors.js';
import { isJsonObject, type JsonObject } from '../../src/model/segment-event.js';

/**
 * What is wrong with an answer of status 200, or `undefined`.
 *
 * @param answer parsed
 * @param sent the parsed body; `undefined` where it is unknown what the server read
 */
export type Shape = (answer: unknown, sent: unknown) => string | undefined;

const FILTERED = 298;

/** JSON text, or `undefined` for what is nested too deep to be written. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function codeOf(text: unknown): string {
  return typeof text === 'string' ? (/^[A-Z_]+(?=:)/.exec(text)?.[0] ?? '') : '';
}

/** What is wrong with the words of a single fault. */
export function complainOfFault(status: unknown, error: unknown): string | undefined {
  const code = codeOf(error);
  if (code === 'INTERNAL') return 'INTERNAL for one event';
  const row: { readonly status: number } | undefined = Object.entries(ERRORS).find(([name]) => name === code)?.[1];
  if (row === undefined) return `no code of the error table in ${String(error).slice(0, 60)}`;
  return row.status === status ? undefined : `${code} with status ${status}`;
}

function complainOfEntry(entry: JsonObject): string | undefined {
  const { statusCode, error, statTags } = entry;
  if (statusCode === 200) return error === undefined ? undefined : 'a success with an error';
  if (statusCode === FILTERED)
    return typeof error === 'string' && /^filtered \([a-z_]+\): /.test(error) ? undefined : 'filtered without a reason';
  if (!isJsonObject(statTags) || Object.values(statTags).some((tag) => typeof tag !== 'string')) return 'no statTags';
  return complainOfFault(statusCode, error);
}

/** The metadata of an element as it has to come back, as JSON text; `undefined` where it is nested too deep to come back whole. */
function metadataOf(element: unknown): string | undefined {
  const metadata = isJsonObject(element) ? element.metadata : undefined;
  return isJsonObject(metadata) ? textOf(metadata) : '{}';
}

function elementsOf(sent: unknown): readonly unknown[] | undefined {
  const list = Array.isArray(sent) ? sent : isJsonObject(sent) ? sent.input : undefined;
  return Array.isArray(list) ? list : undefined;
}

function complainOfRequest(request: unknown): string | undefined {
  if (!isJsonObject(request)) return 'a delivery request that is no object';
  const { version, type, method, endpoint, headers, params, body, files } = request;
  if (version !== '1' || type !== 'REST' || typeof method !== 'string') return 'an unknown delivery request';
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return 'a delivery request without an endpoint';
  return [headers, params, body, files].every(isJsonObject) ? undefined : 'a delivery request without its parts';
}

/** Processor transform: an entry per element, in order. */
export const processorShape: Shape = (answer, sent) => {
  if (!Array.isArray(answer)) return 'no list';
  const elements = elementsOf(sent);
  if (elements !== undefined && answer.length !== elements.length)
    return `${answer.length} answers to ${elements.length} events`;
  for (const [index, entry] of answer.entries()) {
    if (!isJsonObject(entry)) return 'an entry that is no object';
    const complaint =
      complainOfEntry(entry) ?? (entry.statusCode === 200 ? complainOfRequest(entry.output) : undefined);
    if (complaint !== undefined) return complaint;
    if (elements === undefined) continue;
    const expected = metadataOf(elements[index]);
    if (expected !== undefined && textOf(entry.metadata) !== expected) return `other metadata at ${index}`;
  }
  return undefined;
};

function isOrdered(metadata: readonly unknown[]): boolean {
  const ids = metadata.map((each) => (isJsonObject(each) && typeof each.jobId === 'number' ? each.jobId : 0));
  return ids.every((id, index) => index === 0 || id >= (ids[index - 1] ?? 0));
}

function complainOfBatch(entry: unknown): string | undefined {
  if (!isJsonObject(entry) || !Array.isArray(entry.metadata)) return 'an entry without a list of metadata';
  if (typeof entry.batched !== 'boolean') return 'an entry without `batched`';
  const complaint = complainOfEntry(entry);
  if (complaint !== undefined || entry.statusCode !== 200) return complaint;
  if (!isOrdered(entry.metadata)) return 'the jobs of an entry are out of order';
  const { batchedRequest } = entry;
  const requests: readonly unknown[] = Array.isArray(batchedRequest) ? batchedRequest : [batchedRequest];
  return requests.map(complainOfRequest).find((each) => each !== undefined);
}

function shapeOfEntries(entries: unknown, sent: unknown): string | undefined {
  if (!Array.isArray(entries)) return 'no list';
  const complaint = entries.map(complainOfBatch).find((each) => each !== undefined);
  if (complaint !== undefined) return complaint;
  const elements = elementsOf(sent);
  if (elements === undefined) return undefined;
  const answered = entries.flatMap((entry): unknown[] => (isJsonObject(entry) ? [entry.metadata].flat() : []));
  if (answered.length !== elements.length) return `${answered.length} answers to ${elements.length} events`;
  const expected = elements.map(metadataOf);
  if (expected.includes(undefined)) return undefined;
  const same = textOf(answered.map((each) => textOf(each) ?? '').sort()) === textOf(expected.sort());
  return same ? undefined : 'other metadata';
}

/** Router transform: every element in exactly one entry. */
export const routerShape: Shape = (answer, sent) =>
  isJsonObject(answer) ? shapeOfEntries(answer.output, sent) : 'no object';

/** Batch transform: the same without a wrapper. */
export const batchShape: Shape = shapeOfEntries;

/** Proxy v0: one verdict. */
export const proxyV0Shape: Shape = (answer) => {
  const output = isJsonObject(answer) ? answer.output : undefined;
  if (!isJsonObject(output) || typeof output.status !== 'number' || typeof output.message !== 'string')
    return 'no verdict';
  return isJsonObject(output.destinationResponse) ? undefined : 'no destinationResponse';
};

/** Proxy v1: a verdict per job, in order. */
export const proxyV1Shape: Shape = (answer, sent) => {
  const output = isJsonObject(answer) ? answer.output : undefined;
  if (!isJsonObject(output) || typeof output.message !== 'string' || !Array.isArray(output.response))
    return 'no verdicts';
  const jobs = isJsonObject(sent) && Array.isArray(sent.metadata) ? sent.metadata : undefined;
  if (jobs !== undefined && jobs.length !== output.response.length)
    return `${output.response.length} verdicts for ${jobs.length} jobs`;
  for (const [index, each] of output.response.entries()) {
    if (!isJsonObject(each) || typeof each.statusCode !== 'number' || typeof each.error !== 'string')
      return 'a verdict without a status';
    const expected = jobs && textOf(jobs[index]);
    const isSame = expected === undefined || textOf(each.metadata) === expected;
    if (!isSame && !(isJsonObject(each.metadata) && each.metadata.dontBatch === true)) return 'other metadata';
  }
  return undefined;
};

function isStatsigJob(job: unknown): boolean {
  return isJsonObject(job) && typeof job.destType === 'string' && job.destType.trim().toLowerCase() === 'statsig';
}

/** Deletion of users: an answer per job. 404, at which the worker gives up, is for jobs of other types alone. */
export const deletionsShape: Shape = (answer, sent) => {
  if (!Array.isArray(answer)) return 'no list';
  if (Array.isArray(sent) && sent.length !== answer.length) return `${answer.length} answers to ${sent.length} jobs`;
  const isOurs = !Array.isArray(sent) || sent.some(isStatsigJob);
  for (const each of answer) {
    if (!isJsonObject(each) || typeof each.statusCode !== 'number') return 'a job without a status';
    const isFailed = each.status === 'failed' && typeof each.error === 'string';
    if (!isFailed && !(each.status === 'successful' && each.statusCode === 200)) return 'a job of no known status';
    if (isOurs && (each.statusCode === 404 || each.statusCode === 405)) return 'a job given up';
  }
  return undefined;
};

function complainOfWebhook(each: unknown): string | undefined {
  if (!isJsonObject(each)) return 'an answer that is no object';
  const { output, outputToSource, statusCode, error } = each;
  if (isJsonObject(output)) {
    const { batch } = output;
    return Array.isArray(batch) && batch.length > 0 && batch.every(isJsonObject) ? undefined : 'an empty batch';
  }
  if (isJsonObject(outputToSource)) return statusCode === 200 ? undefined : 'an answer to the source without 200';
  return complainOfFault(statusCode, error);
}

/** Source transform: an answer per webhook, in order. */
export const sourcesShape: Shape = (answer, sent) => {
  if (!Array.isArray(answer)) return 'no list';
  if (Array.isArray(sent) && sent.length !== answer.length)
    return `${answer.length} answers to ${sent.length} webhooks`;
  return answer.map(complainOfWebhook).find((each) => each !== undefined);
};
