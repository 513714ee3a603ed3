// The Source Function: Statsig's event webhook becomes track calls of Segment, without a server.

import { createHash, timingSafeEqual } from 'node:crypto';
import { convertOutbound } from '../convert/outbound.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { unwrapEvents } from '../sources/statsig/unpack.js';
import { outcome, outcomeOfUnsent, throwUnlessDone } from './outcome.js';
import { type SettingValues, textOf } from './setting-values.js';
import { workspaceOf } from './workspace.js';

/** The request of a webhook, as Segment hands it in. */
export interface WebhookRequest {
  json(): unknown;
  readonly headers: { get(name: string): string | null };
  readonly url: { readonly searchParams: { get(name: string): string | null } };
}

/** Whether two texts are equal, in a time that does not tell where they differ. */
function areEqual(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function prove({ headers, url }: WebhookRequest, values: SettingValues | undefined): void {
  const secret = textOf(values, 'secret');
  if (secret === undefined) throw new RetryError('There is no secret: enter one as the setting `secret`.');
  const [, bearer = ''] = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? [];
  const given = [url.searchParams.get('secret') ?? '', bearer];
  if (!given.some((each) => each !== '' && areEqual(each, secret)))
    throw new ValidationError('The request does not show the secret: ?secret=… or Authorization: Bearer ….');
}

/** Statsig's question whether the address is the customer's own. A function cannot answer it with the code: it can only take the request. */
function isHandshake(body: unknown): boolean {
  const question = isJsonObject(body) && isJsonObject(body.data) ? body.data : body;
  return isJsonObject(question) && question.event === 'url_verification';
}

/** One target stands for the source. Its name is part of message ids: with that of the document's first target they are those that the server would give. */
function withOneTarget(document: JsonObject): JsonObject {
  const outbound = isJsonObject(document.outbound) ? document.outbound : {};
  const [first] = Array.isArray(outbound.targets) ? (outbound.targets as readonly unknown[]) : [];
  const name = isJsonObject(first) && typeof first.name === 'string' ? first.name : 'segment';
  return { ...document, outbound: { ...outbound, targets: [{ name, writeKey: 'of-the-source' }] } };
}

/**
 * Handles one request of Statsig's.
 *
 * @param written the document in the script
 * @throws a class of Segment's where no event of it could be taken
 */
export async function handleRequest(
  written: JsonObject,
  request: WebhookRequest,
  values: SettingValues | undefined,
): Promise<void> {
  const body = request.json();
  if (isHandshake(body)) return;
  prove(request, values);
  const workspace = workspaceOf(written, values, withOneTarget);
  const receivedAt = Date.now();
  let sent = 0;
  let filtered = 0;
  const problems: string[] = [];
  for (const event of unwrapEvents(body)) {
    const result = convertOutbound(event, workspace, { receivedAt });
    if (result.kind === 'calls') {
      await Promise.all(result.calls.map(({ call }) => Segment.track(call)));
      sent += 1;
    } else if (result.kind === 'filtered') filtered += 1;
    else {
      const came = outcomeOfUnsent(result);
      if (came.kind !== 'done') problems.push(came.message);
    }
  }
  const [first] = problems;
  if (first === undefined) return;
  const message = problems.length === 1 ? first : `${first} (and ${problems.length - 1} more)`;
  // A throw may undo what was sent, and is an error of the whole request.
  if (sent + filtered === 0) throwUnlessDone(outcome('invalid', message));
  else console.warn(message);
}
