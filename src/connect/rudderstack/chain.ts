// Asks the chain rudder-server → this plugin → stock transformer whether it answers as it should, without an event.

import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '../../base/json.js';
import { callHttp, type HttpResponse } from '../../call/http-call.js';
import { hostOf } from '../../call/http-request.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { ConnectError } from '../connection.js';
import type { TaskEnd } from '../tasks.js';
import type { ConnectRudderStackOptions } from './options.js';

/** `/features` is held while the stock transformer does not answer. */
const TIMEOUT_MS = 28_000;

const STATSIG = 'STATSIG';

type Chain = Pick<ConnectRudderStackOptions, 'pluginUrl' | 'transformerUrl' | 'signal'>;

function ask(url: string, { signal }: Chain): Promise<HttpResponse> {
  return callHttp(
    { method: 'GET', url, headers: {} },
    { timeoutMs: TIMEOUT_MS, isDocument: true, ...(signal !== undefined && { signal }) },
  );
}

async function featuresAt(
  base: string,
  who: string,
  chain: Chain,
): Promise<{ readonly features: JsonObject } | { readonly unanswered: string }> {
  const answer = await ask(`${base}/features`, chain);
  if (chain.signal?.aborted) throw new ConnectError('stopped', 'It was ended. Run it again: it goes on where it was.');
  if (answer.kind === 'unanswered')
    return { unanswered: `${hostOf(base)} does not answer this machine (${answer.message})` };
  const features = parseJson(answer.body);
  if (answer.status !== 200 || !isJsonObject(features))
    throw new ConnectError('refused', `${base}/features answers ${answer.status}: it is no ${who}.`);
  return { features };
}

function announcesStatsig({ routerTransform }: JsonObject): boolean {
  return isJsonObject(routerTransform) && Object.hasOwn(routerTransform, STATSIG);
}

function withoutStatsig(features: JsonObject): JsonObject {
  const { routerTransform, regulations, ...others } = features;
  const { [STATSIG]: _own, ...types } = isJsonObject(routerTransform) ? routerTransform : {};
  const left = Array.isArray(regulations) ? regulations.filter((type) => type !== STATSIG) : [];
  return { ...others, routerTransform: types, regulations: left };
}

/** Names of what differs. */
function differences(stock: JsonObject, ours: JsonObject): readonly string[] {
  const [theirs, own] = [withoutStatsig(stock), withoutStatsig(ours)];
  return [...new Set([...Object.keys(theirs), ...Object.keys(own)])].filter(
    (name) => !isDeepStrictEqual(theirs[name], own[name]),
  );
}

async function assertHealthy(base: string, who: string, chain: Chain): Promise<void> {
  const answer = await ask(`${base}/health`, chain);
  if (answer.kind === 'answered' && answer.status === 200) return;
  const what = answer.kind === 'unanswered' ? `does not answer (${answer.message})` : `answers ${answer.status}`;
  throw new ConnectError('unavailable', `${base}/health ${what}: the log of ${who} says why.`);
}

async function assertMerged(ours: JsonObject, chain: Chain): Promise<string | undefined> {
  const { pluginUrl, transformerUrl } = chain;
  if (transformerUrl === undefined) return undefined;
  const stock = await featuresAt(transformerUrl, 'stock transformer', chain);
  if ('unanswered' in stock)
    return `${stock.unanswered}, so that its /features was not compared with that of statsig-cdp.`;
  await assertHealthy(transformerUrl, 'the stock transformer', chain);
  const different = differences(stock.features, ours);
  if (different.length === 0) return undefined;
  throw new ConnectError(
    'refused',
    `${pluginUrl}/features is not that of ${transformerUrl} with STATSIG in it (${different.join(', ')}): start statsig-cdp with UPSTREAM_TRANSFORMER_URL=${transformerUrl}.`,
  );
}

/**
 * An address that this machine does not reach says nothing of what rudder-server reaches.
 *
 * @throws ConnectError where something else answers, or answers otherwise than it should
 */
export async function checkChain(chain: Chain): Promise<TaskEnd> {
  const { pluginUrl } = chain;
  const own = await featuresAt(pluginUrl, 'statsig-cdp', chain);
  if ('unanswered' in own) {
    const health = await ask(`${pluginUrl}/health`, chain);
    if (health.kind === 'answered' && health.status === 200)
      throw new ConnectError(
        'unavailable',
        `${pluginUrl} answers /health and holds its /features back: the stock transformer at its UPSTREAM_TRANSFORMER_URL has not answered since statsig-cdp started. Start that one, or correct the address.`,
      );
    return {
      result: 'by-hand',
      problem: `${own.unanswered}. Start statsig-cdp with the lines above, or run this where rudder-server reaches it, and run it again: it looks once more.`,
    };
  }
  if (!announcesStatsig(own.features))
    throw new ConnectError(
      'refused',
      `${pluginUrl}/features does not announce STATSIG: it is the stock transformer, or another. --url must be the address of statsig-cdp.`,
    );
  await assertHealthy(pluginUrl, 'statsig-cdp', chain);
  const problem = await assertMerged(own.features, chain);
  return problem === undefined ? undefined : { result: 'done', problem };
}
