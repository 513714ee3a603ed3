// Segment's Config API, as far as an app with the scope of one destination may use it. It is older than the Public API, and of the US region only.

import { parseJson } from '../../base/json.js';
import { Secret } from '../../base/secret.js';
import type { Answered, HttpResponse } from '../../call/http-call.js';
import { type HttpRequest, hostOf } from '../../call/http-request.js';
import { redactText } from '../../call/redaction.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { ConnectError } from '../connection.js';
import { callPatiently, isPassing, isTurnedAway, type Patience, wholeAnswer } from '../patient-call.js';
import type { TokenKeeper } from './token-keeper.js';

/** One setting of a destination. Its name holds those of workspace, source and destination. */
export interface ConfigEntry {
  readonly name: string;
  readonly display_name?: string;
  readonly type: string;
  readonly value: unknown;
}

/** What of a destination is used here, in the API's own names. */
export interface ConfigDestination {
  readonly name: string;
  readonly enabled: boolean;
  readonly connection_mode: string;
  readonly config: readonly ConfigEntry[];
}

/** How it is reached. */
export interface ConfigApiOptions {
  /** With its version, without a slash at its end. */
  readonly configUrl: string;
  readonly tokens: TokenKeeper;
  readonly patience: Patience;
}

/** The calls. Each throws ConnectError. */
export interface ConfigApi {
  /** @param name as in `workspaces/shop/sources/web/destinations/webhooks` @returns undefined where there is none */
  find(name: string): Promise<ConfigDestination | undefined>;
  /** @param secrets in its settings, which an answer may repeat */
  create(destination: ConfigDestination, secrets: readonly Secret[]): Promise<void>;
  /** Sets whether it is enabled, and its settings. @param secrets as of `create` */
  update(destination: ConfigDestination, secrets: readonly Secret[]): Promise<void>;
  /** Does nothing where there is none. */
  remove(name: string): Promise<void>;
}

/** What is sent to make a destination, or to change it. */
interface Call {
  readonly method: HttpRequest['method'];
  /** Within the API, without a slash before it. */
  readonly path: string;
  readonly body?: JsonObject;
}

/** Where destinations of a source are made. @param name of one of them */
export function collectionOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/'));
}

/** The body that makes one. */
export function creationOf(destination: ConfigDestination): JsonObject {
  return { destination };
}

/** The body that changes one: the API changes what the mask names, and nothing else. */
export function updateOf({ enabled, config }: ConfigDestination): JsonObject {
  return { destination: { enabled, config }, update_mask: { paths: ['destination.enabled', 'destination.config'] } };
}

const MAX_SAID = 300;

function refusalOf(
  { status, body }: Answered,
  { configUrl }: ConfigApiOptions,
  secrets: readonly string[],
): ConnectError {
  const answer = parseJson(body);
  const error = isJsonObject(answer) && typeof answer.error === 'string' ? answer.error : '';
  const said = redactText(error, secrets).replace(/\s+/g, ' ').trim().slice(0, MAX_SAID);
  const quoted = said === '' ? '' : ` Segment says: ${said}`;
  if (status === 401)
    return new ConnectError('token-refused', `${hostOf(configUrl)} does not take the token.${quoted}`);
  if (status === 403)
    return new ConnectError(
      'right-missing',
      `The app may not do this: its scope has to be the one of this destination, and who allowed it an owner of the workspace.${quoted}`,
    );
  if (status === 404) return new ConnectError('not-found', `Segment knows no such workspace or source.${quoted}`);
  return new ConnectError('refused', `${hostOf(configUrl)} refuses it (${status}).${quoted}`);
}

function toEntry(entry: unknown): readonly ConfigEntry[] {
  if (!isJsonObject(entry) || typeof entry.name !== 'string') return [];
  return [{ name: entry.name, type: typeof entry.type === 'string' ? entry.type : '', value: entry.value }];
}

function toDestination(name: string, answer: unknown): ConfigDestination {
  if (!isJsonObject(answer) || answer.name !== name)
    throw new ConnectError(
      'answer-unclear',
      'Segment answers something else than the destination. Is the address of the Config API right?',
    );
  const { enabled, connection_mode: mode, config } = answer;
  return {
    name,
    enabled: enabled === true,
    connection_mode: typeof mode === 'string' ? mode : '',
    config: Array.isArray(config) ? config.flatMap(toEntry) : [],
  };
}

export function createConfigApi(options: ConfigApiOptions): ConfigApi {
  const { configUrl, tokens, patience } = options;

  function send(call: Call, token: Secret, isRepeatable?: typeof isPassing): Promise<HttpResponse> {
    const { method, path, body } = call;
    const request = {
      method,
      url: `${configUrl}/${path}`,
      headers: {
        authorization: new Secret(`Bearer ${token.reveal()}`),
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    return callPatiently(request, patience, isRepeatable);
  }

  /** A token may end between two calls: the first that says so gets another. */
  async function sendAuthorized(call: Call, isRepeatable?: typeof isPassing) {
    const answer = await send(call, await tokens.use(), isRepeatable);
    const isOver = answer.kind === 'answered' && answer.status === 401;
    return isOver ? send(call, await tokens.renew(), isRepeatable) : answer;
  }

  async function read(answer: HttpResponse, secrets: readonly Secret[] = []): Promise<unknown> {
    const whole = wholeAnswer(answer, configUrl);
    if (whole.status >= 200 && whole.status < 300) return parseJson(whole.body);
    throw refusalOf(
      whole,
      options,
      [await tokens.use(), ...secrets].map((secret) => secret.reveal()),
    );
  }

  async function find(name: string): Promise<ConfigDestination | undefined> {
    const call = { method: 'GET', path: name } as const;
    const answer = await sendAuthorized(call);
    if (answer.kind === 'answered' && answer.status === 404) return undefined;
    return toDestination(name, await read(answer));
  }

  return {
    find,
    async create(destination, secrets) {
      const call = { method: 'POST', path: collectionOf(destination.name), body: creationOf(destination) } as const;
      const answer = await sendAuthorized(call, isTurnedAway);
      // It may be made though no answer says so. Whether it is, the next look tells: no one else has its secret.
      const isUnclear = isPassing(answer) && !isTurnedAway(answer);
      if (isUnclear && (await find(destination.name)) !== undefined) return;
      await read(answer, secrets);
    },
    async update(destination, secrets) {
      const call = { method: 'PATCH', path: destination.name, body: updateOf(destination) } as const;
      await read(await sendAuthorized(call), secrets);
    },
    async remove(name) {
      const call = { method: 'DELETE', path: name } as const;
      const answer = await sendAuthorized(call);
      if (answer.kind === 'answered' && answer.status === 404) return;
      await read(answer);
    },
  };
}
