// Sends one event at once and shows what its targets answer. It goes around the outbox: no one waits for it there, and what is refused is not sent again.

import { randomUUID } from 'node:crypto';
import { parseJson } from '../../base/json.js';
import { REDACTED } from '../../base/secret.js';
import type { HttpResponse } from '../../call/http-call.js';
import { type HttpRequest, headersToShow } from '../../call/http-request.js';
import { judge, type Verdict } from '../../call/verdict.js';
import type { ReadyEvent } from '../../ingest/inbound-line.js';
import { addressCall, type ReadyCalls } from '../../ingest/outbound-line.js';
import { STATSIG_TARGET } from '../../outbox/lane-id.js';
import type { Tried } from '../../sources/tester/tried.js';
import { callStatsig } from '../../statsig/statsig-client.js';
import { createSegmentClient, overNetwork } from '../../targets/segment/client.js';
import { readCdpResponse } from '../../targets/segment/verdict.js';
import { logEventRequest } from '../../targets/statsig-events/request.js';
import { judgeLogEvent } from '../../targets/statsig-events/verdict.js';
import { DRY_RUN_TARGET, type OutboundTarget } from '../../transform/compiled-outbound.js';
import { hasKey } from './dry-run.js';
import type { SentAnswer, TesterRequest } from './shapes.js';

/** For one answer, in milliseconds: somebody waits for it. */
const TIMEOUT_MS = 10_000;

/** How an event is sent. */
export interface SendingOptions {
  readonly signal: AbortSignal;
  /** Milliseconds that only ever go up. */
  readonly steady: () => number;
}

/** A request as people may see it. The SDK writes the key into the body, too. */
function shown(request: HttpRequest): TesterRequest {
  const { method, url, body = 'null' } = request;
  const value = parseJson(body);
  const isKeyInBody = typeof value === 'object' && value !== null && 'writeKey' in value;
  return {
    method,
    url,
    headers: headersToShow(request),
    body: isKeyInBody ? { ...value, writeKey: REDACTED } : value,
  };
}

function answerOf(answer: HttpResponse, { kind, message }: Verdict, ms: number) {
  const took = Math.round(ms);
  if (answer.kind === 'unanswered') return { outcome: 'unanswered', message, ms: took } as const;
  const outcome = kind === 'delivered' ? 'delivered' : 'refused';
  return {
    outcome,
    status: answer.status,
    body: answer.body,
    ...(outcome === 'refused' && { message }),
    ms: took,
  } as const;
}

async function sendToStatsig({ workspace, payload }: ReadyEvent, options: SendingOptions): Promise<SentAnswer> {
  const request = logEventRequest(workspace, [{ payload, attempts: 0 }], randomUUID());
  const told = { target: STATSIG_TARGET, workspace: workspace.id, request: shown(request) };
  if (!hasKey(workspace)) return { ...told, outcome: 'dry run' };
  const start = options.steady();
  const answer = await callStatsig(request, { timeoutMs: TIMEOUT_MS, signal: options.signal });
  return { ...told, ...answerOf(answer, judgeLogEvent(answer, 1), options.steady() - start) };
}

async function sendToTarget(
  ready: ReadyCalls,
  target: OutboundTarget,
  options: SendingOptions,
): Promise<readonly SentAnswer[]> {
  const sent: SentAnswer[] = [];
  const send = overNetwork(TIMEOUT_MS);
  const client = createSegmentClient(target, async (request, signal) => {
    const start = options.steady();
    const answer = await send(request, signal);
    const verdict = judge(answer, 1, { name: target.name, read: readCdpResponse });
    const told = { target: target.name, workspace: ready.outbound.workspaceId, request: shown(request) };
    sent.push({ ...told, ...answerOf(answer, verdict, options.steady() - start) });
    return answer;
  });
  const payloads = ready.calls.map((call) => addressCall(ready, call, target.name).payload);
  await client.send(payloads, options.signal);
  await client.close();
  return sent;
}

/** Why an event is not sent from here; `undefined` for one that is. */
export function whyKept(tried: Tried): string | undefined {
  if (tried.result === 'filtered') return `It is filtered (${tried.reason}): ${tried.detail}`;
  if (tried.result === 'invalid') return tried.message;
  const decision = tried.decision();
  if ('calls' in decision) return decision.outbound.isPaused ? 'The workspace is paused.' : undefined;
  if (decision.workspace.isPaused) return 'The workspace is paused.';
  if (decision.workspace.mode === 'webhook') return 'In mode webhook rudder-server sends the messages.';
  if (decision.about === 'event') return undefined;
  return decision.about === 'deletion'
    ? 'A deletion cannot be undone: send it through its source.'
    : 'Of changes of an ID list the order counts: send them through their source.';
}

/**
 * Sends an event that is not kept, with the keys of its workspace.
 *
 * @returns one answer for each request
 */
export async function sendEvent(tried: Tried, options: SendingOptions): Promise<readonly SentAnswer[]> {
  if (tried.result !== 'converted') return [];
  const decision = tried.decision();
  if (!('calls' in decision)) return decision.about === 'event' ? [await sendToStatsig(decision, options)] : [];
  const { targets, workspaceId } = decision.outbound;
  if (targets.length === 0) {
    const requests = await tried.requests();
    return requests.map((request) => ({ target: DRY_RUN_TARGET, workspace: workspaceId, request, outcome: 'dry run' }));
  }
  const sent = await Promise.all(targets.map((target) => sendToTarget(decision, target, options)));
  return sent.flat();
}
