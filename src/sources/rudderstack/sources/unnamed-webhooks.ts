// Gets the answers to the webhooks of a batch that are not ours from the upstream transformer.

import { describeError, ERRORS, PluginError } from '../../../base/errors.js';
import { parseJson, toJsonText } from '../../../base/json.js';
import type { Logger } from '../../../base/logger.js';
import { Ongoing } from '../../../base/ongoing.js';
import { callHttp } from '../../../call/http-call.js';
import { readWhole } from '../../../call/whole-response.js';
import type { Refused } from '../../../http/refusals.js';
import type { Via } from '../../../http/via.js';
import { isJsonObject } from '../../../model/segment-event.js';
import { NO_DOCUMENT } from '../destination-type.js';
import { readUpstreamUrl } from '../upstream-url.js';
import { errorResponse } from './respond.js';

/** rudder-server's gateway has 10 s to answer the sender; what of the batch is ours waits too. */
const TIMEOUT_MS = 8000;

/** How the upstream is reached. */
export interface UnnamedOptions {
  /** Address of the stock transformer. Without one each webhook is answered ROUTE_UNKNOWN. */
  readonly upstreamUrl: string | undefined;
  /** The name that requests to it get. */
  readonly via: Via;
  /** Milliseconds until the upstream's answer is complete. */
  readonly timeoutMs?: number | undefined;
  readonly log: Logger;
}

/**
 * The answers to elements of a source transform request, as JSON texts, one for each and in order; never rejects.
 *
 * @param target path and query of the request
 * @param onRefused told of each that is refused here
 */
export type UnnamedResponder = (
  target: string,
  elements: readonly unknown[],
  onRefused: (refused: Refused) => void,
) => Promise<readonly string[]>;

/** The upstream's answers cannot be used. The message says why. */
class UpstreamFailure extends Error {}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** As an encoder writes it. */
function isBase64(value: unknown): boolean {
  return typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value;
}

function isOutputToSource(value: unknown): boolean {
  if (isAbsent(value)) return true;
  if (!isJsonObject(value)) return false;
  const { body, contentType } = value;
  return (isAbsent(body) || isBase64(body)) && (isAbsent(contentType) || typeof contentType === 'string');
}

/** rudder-server reads all answers or, where a single one has a field of another type, none. */
function isReadable(answer: unknown): answer is object {
  if (!isJsonObject(answer)) return false;
  const { output, outputToSource, statusCode, error } = answer;
  return (
    (isAbsent(output) || isJsonObject(output)) &&
    isOutputToSource(outputToSource) &&
    (isAbsent(statusCode) || Number.isSafeInteger(statusCode)) &&
    (isAbsent(error) || typeof error === 'string')
  );
}

function unreachable(why: string): string {
  return errorResponse(ERRORS.UPSTREAM_UNREACHABLE.status, describeError('UPSTREAM_UNREACHABLE', undefined, why));
}

/** What is nested too deep to be written becomes `null`, for which the upstream has an error. */
function arrayText(elements: readonly unknown[]): string {
  const textOf = (element: unknown) =>
    typeof element === 'object' && element !== null ? toJsonText(element) : JSON.stringify(element);
  return `[${elements.map((element) => textOf(element) ?? 'null').join(',')}]`;
}

/** As many as a request to this process may have: one webhook may become several events. */
const MAX_ANSWER_BYTES = 64 << 20;

// As rudder-server does: a connection that the upstream is just closing would lose the webhooks.
const HEADERS = { 'content-type': 'application/json; charset=utf-8', connection: 'close' };

async function ask(url: string, elements: readonly unknown[], via: Via, timeoutMs: number): Promise<readonly string[]> {
  const request = {
    method: 'POST',
    url,
    headers: { ...HEADERS, via: via.header() },
    body: arrayText(elements),
  } as const;
  const answer = await callHttp(request, { timeoutMs, maxResponseBytes: MAX_ANSWER_BYTES, isDocument: true });
  const whole = readWhole(answer, timeoutMs);
  if ('problem' in whole) throw new UpstreamFailure(`it ${whole.problem}`);
  const answers = parseJson(whole.text);
  if (answers === undefined) throw new UpstreamFailure('its answer is not JSON');
  if (!Array.isArray(answers)) throw new UpstreamFailure('its answer is not a list');
  if (answers.length !== elements.length)
    throw new UpstreamFailure(`it gave ${answers.length} answers to ${elements.length} webhooks`);
  return answers.map(
    (answer) => (isReadable(answer) ? toJsonText(answer) : undefined) ?? unreachable('its answer is of another form'),
  );
}

/** @throws ProcessSettingsError for an address that cannot be used */
export function createUnnamedResponder({
  upstreamUrl,
  via,
  timeoutMs = TIMEOUT_MS,
  log,
}: UnnamedOptions): UnnamedResponder {
  if (upstreamUrl === undefined) {
    const { code, status, message } = new PluginError('ROUTE_UNKNOWN', NO_DOCUMENT);
    return async (_target, elements, onRefused) =>
      elements.map(() => {
        onRefused({ code, message });
        return errorResponse(status, message);
      });
  }
  const { href } = readUpstreamUrl(upstreamUrl);
  const trouble = new Ongoing();
  return async (target, elements) => {
    try {
      const answers = await ask(href(target), elements, via, timeoutMs);
      trouble.ends();
      return answers;
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      const reason = error.message;
      if (trouble.begins()) log.warn({ reason }, 'The upstream transformer fails on webhooks.');
      return elements.map(() => unreachable(reason));
    }
  };
}
