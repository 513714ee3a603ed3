// Asks our own address as Statsig does when the URL of its event webhook is saved.

import { randomBytes } from 'node:crypto';
import { parseJson } from '../../base/json.js';
import { callHttp, type HttpResponse } from '../../call/http-call.js';
import { hostOf } from '../../call/http-request.js';
import { isJsonObject } from '../../model/segment-event.js';

/** Milliseconds for the answer. */
const TIMEOUT_MS = 10_000;

/** The question, whose answer has the code in it. */
function questionOf(code: string): string {
  return JSON.stringify({ data: { event: 'url_verification', verification_code: code } });
}

/** What is wrong with an answer; `undefined` where it is the one that Statsig wants. */
function findFault(answer: HttpResponse, url: string, code: string): string | undefined {
  const where = hostOf(url);
  if (answer.kind === 'unanswered')
    return `${where} does not answer this machine: ${answer.message}. Where it answers Statsig that is right; else start the process, and see that the address leads to PUBLIC_PORT over HTTPS.`;
  const { status } = answer;
  const said = parseJson(answer.body);
  if (status === 200 && isJsonObject(said) && said.verification_code === code) return undefined;
  if (status === 503)
    return `${where} answers 503: the process has no settings yet, or the routes for senders are off. Its log says which.`;
  if (status === 404)
    return `${where} answers 404: the address leads to PORT and not to PUBLIC_PORT, or a proxy passes other paths on.`;
  if (status >= 300 && status < 400)
    return `${where} answers ${status}: it leads to another address, which Statsig may not follow. Give that one.`;
  return `${where} answers ${status}, and not as this plugin does: the address leads to something else.`;
}

/** @param url of the webhook @returns what is wrong with it, as a sentence for people; `undefined` where it answers as Statsig wants */
export async function findUrlFault(url: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const code = randomBytes(16).toString('hex');
  const request = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body: questionOf(code),
  } as const;
  const answer = await callHttp(request, { timeoutMs: TIMEOUT_MS, ...(signal !== undefined && { signal }) });
  return findFault(answer, url, code);
}
