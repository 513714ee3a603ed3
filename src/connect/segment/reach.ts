// Asks our own address with the new secrets, before Segment is told of them: it throws away what is answered with 401.

import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../../base/json.js';
import { Secret } from '../../base/secret.js';
import { callHttp, type HttpResponse } from '../../call/http-call.js';
import { hostOf } from '../../call/http-request.js';
import { isJsonObject } from '../../model/segment-event.js';
import { ConnectError } from '../connection.js';
import type { TaskEnd } from '../tasks.js';

/** What is asked. */
export interface Reach {
  readonly url: string;
  readonly header: Secret | undefined;
  readonly shared: Secret | undefined;
  /** Of a partner's component, which shows it and nothing else. */
  readonly apiKey?: Secret | undefined;
  /** Milliseconds that a process has to take up its new settings. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 5_000;
const PATIENCE_MS = 30_000;
const LOOK_MS = 500;

/** No event: what is right of it is the proof alone. */
const BODY = '[]';

/** A request as Segment makes it. */
async function ask({ url, header, shared, apiKey, signal }: Reach): Promise<HttpResponse> {
  const headers = {
    'content-type': 'application/json',
    ...(header !== undefined && { authorization: new Secret(`Bearer ${header.reveal()}`) }),
    ...(apiKey !== undefined && {
      authorization: new Secret(`Basic ${Buffer.from(`${apiKey.reveal()}:`).toString('base64')}`),
    }),
    ...(shared !== undefined && {
      'x-signature': new Secret(createHmac('sha1', shared.reveal()).update(BODY).digest('hex')),
    }),
  };
  return callHttp(
    { method: 'POST', url, headers, body: BODY },
    { timeoutMs: TIMEOUT_MS, ...(signal !== undefined && { signal }) },
  );
}

/** An answer of this plugin's behind the proof. */
function isTaken(answer: HttpResponse): boolean {
  if (answer.kind === 'unanswered' || (answer.status !== 200 && answer.status !== 400)) return false;
  const said = parseJson(answer.body);
  return isJsonObject(said) && ('code' in said || 'success' in said);
}

/**
 * Waits until the process has the settings in force. An address that this machine does not reach says nothing of Segment.
 *
 * @throws ConnectError where something else answers there, or the settings do not come into force
 */
export async function awaitReach(reach: Reach): Promise<TaskEnd> {
  const { url, patienceMs = PATIENCE_MS, signal } = reach;
  for (let waited = 0; ; waited += LOOK_MS) {
    const answer = await ask(reach);
    if (signal?.aborted) throw new ConnectError('stopped', 'It was ended. Run it again: it goes on where it was.');
    if (isTaken(answer)) return undefined;
    if (answer.kind === 'unanswered')
      return {
        result: 'by-hand',
        problem: `${hostOf(url)} does not answer this machine (${answer.message}). Where it answers Segment that is right; else start the process, and see that the address leads to PUBLIC_PORT over HTTPS.`,
      };
    if (answer.status !== 401 && answer.status !== 503)
      throw new ConnectError(
        'refused',
        `${url} answers ${answer.status}, and not as this plugin does. Does the address lead to PUBLIC_PORT?`,
      );
    if (waited >= patienceMs)
      throw new ConnectError(
        'refused',
        `${url} does not take the new secrets (${answer.status}): the process there has not read the settings. Is it the one with these settings? Secrets of env: need a restart.`,
      );
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}
