// Asks Statsig, CDPs and the upstream whether they take the keys of the settings, by calls that read or that hold no event.

import { randomUUID } from 'node:crypto';
import { Secret } from '../base/secret.js';
import { callHttp, type HttpResponse } from '../call/http-call.js';
import { type HttpRequest, hostOf, UnsendableHeaderError } from '../call/http-request.js';
import { baseUrlOf, eventsEndpointOf } from '../settings/base-url.js';
import type { WorkspaceDocument } from '../settings/document.js';
import { readUpstreamUrl } from '../sources/rudderstack/upstream-url.js';
import { consoleRequest, SEGMENTS } from '../statsig/console-api.js';
import { logEventHeaders } from '../statsig/log-event.js';
import { statusRequest } from '../targets/statsig-deletions/request.js';
import type { OutboundTarget } from '../transform/compiled-outbound.js';
import type { Column } from './table.js';

/** What was found of one key or one address. */
export interface OnlineFinding {
  /** Id of a settings document; absent for what all share. */
  readonly workspace?: string;
  /** The setting: `secretKey`, `consoleKey`, `outbound.targets.segment`, `UPSTREAM_TRANSFORMER_URL`. */
  readonly setting: string;
  readonly host: string;
  /** `unclear`: it answers, and says neither that the key is right nor that it is wrong. */
  readonly result: 'ok' | 'wrong kind' | 'refused' | 'unreachable' | 'unclear';
  readonly status?: number;
  readonly message: string;
}

/** Where Segment says whether it knows a write key: its Tracking API answers 200 to any (its destination "Segment Connections" asks the same). */
const SEGMENT_CDN = 'https://cdn.segment.com';

const SEGMENT_HOST = /^https:\/\/(?:[\w-]+\.)*(?:segment\.io|segment\.com|segmentapis\.com)$/;

/** Milliseconds for one answer. */
const TIMEOUT_MS = 5_000;

/** Questions under way at once. */
const CONCURRENT = 8;

/** A question, and how its answer is read. */
interface Question {
  readonly workspace?: string;
  readonly setting: string;
  readonly request: HttpRequest;
  /** Answers beside 2xx that say yes, too: the request holds no event. */
  readonly alsoYes?: readonly number[];
  /** Answers that say no, and how. Default: 401 is `refused`. */
  readonly no?: Readonly<Record<number, string>>;
}

const REFUSED: Readonly<Record<number, string>> = { 401: 'does not know the key' };

function ofSecretKey({ id, settings, secretKey }: WorkspaceDocument): readonly Question[] {
  if (secretKey === undefined) return [];
  const shared = { workspace: id, setting: 'secretKey' };
  const no = { 401: 'does not take it as a server secret key of a project: it is another one, or was revoked' };
  // A client key may send events and nothing else.
  if (secretKey.reveal().startsWith('client-')) {
    const headers = { ...logEventHeaders(secretKey, 0), 'content-type': 'application/json' };
    const request = { method: 'POST', url: eventsEndpointOf(settings), headers, body: '{"events":[]}' } as const;
    return [{ ...shared, request, alsoYes: [400], no: { 401: 'does not know the client key' } }];
  }
  const project = { apiUrl: baseUrlOf(settings, 'apiUrl'), secretKey };
  return [{ ...shared, request: statusRequest(project, randomUUID()), no }];
}

function ofConsoleKey({ id, settings, consoleKey }: WorkspaceDocument): readonly Question[] {
  if (consoleKey === undefined) return [];
  const request = consoleRequest(
    { consoleUrl: baseUrlOf(settings, 'consoleUrl'), consoleKey },
    { method: 'GET', path: `${SEGMENTS}?limit=1` },
  );
  const no = { 401: 'does not take it as a Console API key: it is another one or of another kind, or was revoked' };
  return [{ workspace: id, setting: 'consoleKey', request, no }];
}

function ofTarget(workspace: string, { name, writeKey, host, path }: OutboundTarget, segmentCdn: string): Question {
  const shared = { workspace, setting: `outbound.targets.${name}` };
  if (SEGMENT_HOST.test(host)) {
    const url = `${segmentCdn}/v1/projects/${encodeURIComponent(writeKey.reveal())}/settings`;
    const no = { 403: 'does not know the write key', 404: 'does not know the write key' };
    return { ...shared, request: { method: 'GET', url, headers: {} }, no };
  }
  const basic = Buffer.from(`${writeKey.reveal()}:`).toString('base64');
  const headers = { authorization: new Secret(`Basic ${basic}`), 'content-type': 'application/json' };
  const request = { method: 'POST', url: `${host}${path}`, headers, body: '{"batch":[]}' } as const;
  return { ...shared, request, alsoYes: [400] };
}

function read({ request, alsoYes = [], no = REFUSED }: Question, answer: HttpResponse) {
  if (answer.kind === 'unanswered') return { result: 'unreachable', message: `no answer: ${answer.message}` } as const;
  const { status } = answer;
  const refusal = no[status];
  if (refusal !== undefined) return { result: 'refused', status, message: `it ${refusal}` } as const;
  if ((status >= 200 && status < 300) || alsoYes.includes(status))
    return { result: 'ok', status, message: 'it is taken' } as const;
  const where = request.method === 'GET' ? 'the address' : 'the address or the contract';
  return { result: 'unclear', status, message: `it answers ${status}: look at ${where}` } as const;
}

async function ask(question: Question): Promise<OnlineFinding> {
  const { workspace, setting, request } = question;
  const told = { ...(workspace !== undefined && { workspace }), setting, host: hostOf(request.url) };
  try {
    return { ...told, ...read(question, await callHttp(request, { timeoutMs: TIMEOUT_MS })) };
  } catch (error) {
    if (!(error instanceof UnsendableHeaderError)) throw error;
    return { ...told, result: 'wrong kind', message: 'it has characters that no key has' };
  }
}

/**
 * Asks with each key once. No event, list or deletion is made by it.
 *
 * @param segmentCdn where Segment knows its write keys
 * @param onDone told after each answer
 */
export async function checkOnline(
  documents: readonly WorkspaceDocument[],
  upstreamUrl: string | undefined,
  {
    segmentCdn = SEGMENT_CDN,
    onDone = () => {},
  }: { segmentCdn?: string; onDone?: (done: number, of: number) => void } = {},
): Promise<readonly OnlineFinding[]> {
  const questions = documents.flatMap((document) => [
    ...ofSecretKey(document),
    ...ofConsoleKey(document),
    ...document.outbound.targets.map((target) => ofTarget(document.id, target, segmentCdn)),
  ]);
  if (upstreamUrl !== undefined) {
    const request = { method: 'GET', url: readUpstreamUrl(upstreamUrl).href('/features'), headers: {} } as const;
    questions.push({
      setting: 'UPSTREAM_TRANSFORMER_URL',
      request,
      no: { 404: 'has no /features: it is no transformer' },
    });
  }
  const found: OnlineFinding[] = [];
  const rest = questions.entries();
  let done = 0;
  async function work(): Promise<void> {
    for (const [index, question] of rest) {
      found[index] = await ask(question);
      done += 1;
      onDone(done, questions.length);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT }, work));
  return found;
}

export const ONLINE_COLUMNS: readonly Column[] = [
  { head: 'WORKSPACE', least: 10 },
  { head: 'SETTING' },
  { head: 'RESULT' },
  { head: 'HOST', least: 12 },
  { head: 'WHAT IT SAYS', least: 20 },
];

/** A row of the table. */
export function rowOf({ workspace = '-', setting, result, host, message }: OnlineFinding): readonly string[] {
  return [workspace, setting, result, host, message];
}

/** Whether nothing can be delivered by it. */
export function isFailed({ result }: OnlineFinding): boolean {
  return result === 'refused' || result === 'unreachable' || result === 'wrong kind';
}
