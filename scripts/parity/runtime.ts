// Runs a script with what the documents say that its runtime has, and with nothing else.

import nodeCrypto from 'node:crypto';
import { createContext, runInContext, Script } from 'node:vm';
import { CODE_BEGINS } from '../../src/functions/scripts.js';

/** A request that a script made. */
export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds after which it is given up. */
  readonly timeout: number;
}

/** What a request is answered, or how it fails: as node-fetch says it. */
export type Answer =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly retryAfter?: string;
      readonly breaks?: string;
      /** Is called when the body is read, with the milliseconds that it has. */
      readonly reads?: (timeout: number) => void;
    }
  | { readonly fails: string };

/** What a runtime is made for. */
export interface RuntimeOptions {
  /** Answers requests. Default: as Statsig does. */
  readonly answer?: (asked: Asked) => Answer | Promise<Answer>;
  /** Names and values that the script finds beside the language. */
  readonly globals: Readonly<Record<string, unknown>>;
  /** Replaces the clock; milliseconds since the epoch. */
  readonly now?: () => number;
}

/** A script that was loaded. */
export interface Runtime {
  readonly asked: readonly Asked[];
  /** Calls of `Segment.track`. */
  readonly tracked: readonly unknown[];
  /** What was written to `console`. */
  readonly written: readonly string[];
  /** Calls one of its functions with copies of the arguments, as they come from outside. */
  call(name: string, ...args: readonly unknown[]): Promise<unknown>;
  /** The value of an expression in it. */
  evaluate(expression: string): unknown;
}

/** Milliseconds after which a runtime of Segment's ends an invocation. */
export const LIMIT_MS = 5_000;

const nothing = () => undefined;

/** Classes that Functions may throw. */
export const ERROR_CLASSES = ['RetryError', 'ValidationError', 'InvalidEventPayload', 'EventNotSupported'] as const;

/** Of Functions: Segment's documentation, Functions, runtime and dependencies. Libraries that no script of ours uses are there by name. */
export function globalsOfSegment(): Readonly<Record<string, unknown>> {
  return {
    crypto: nodeCrypto,
    https: {},
    _: {},
    moment: nothing,
    jsonwebtoken: {},
    uuidv5: { uuidv5: nothing },
    cache: { load: (_key: string, _ttl: number, make: () => unknown) => make(), delete: nothing },
    atob,
    btoa,
  };
}

/** Of transformations: RudderStack's documentation, Transformations, runtime functions; the published code of rudder-transformer. */
export function globalsOfRudderStack(): Readonly<Record<string, unknown>> {
  return { fetchV2: nothing, geolocation: nothing, getCredential: nothing, log: nothing };
}

/** What Statsig says to each request: yes. */
export function statsigsYes({ url, method, body }: Asked): Answer {
  if (url.includes('/v1/delete_user_data')) return { status: 200, body: { request_id: JSON.parse(body).request_id } };
  if (!url.includes('/console/')) return { status: 202, body: { success: true } };
  if (method === 'PATCH' || method === 'DELETE') return { status: 200, body: { message: 'ok' } };
  const [, id = ''] = /segments\/([^/]+)$/.exec(url) ?? [];
  const made = body === '' ? {} : JSON.parse(body);
  const data = { id: decodeURIComponent(id), type: 'id_list', idType: 'userID', count: 0, ...made };
  return { status: method === 'POST' ? 201 : 200, body: { message: 'ok', data } };
}

/** A transformation is a module; its exports are its functions. */
function asScript(text: string): string {
  return text.replaceAll(/^export (?=(?:async )?function )/gm, '');
}

/** Code that was compiled: below the part that people read it is the same for every document. */
const compiled = new Map<string, Script>();

function compile(code: string): Script {
  const script = compiled.get(code) ?? new Script(code);
  compiled.set(code, script);
  return script;
}

/** Loads a script. */
export function loadScript(text: string, options: RuntimeOptions): Runtime {
  const { answer = statsigsYes, globals, now } = options;
  const asked: Asked[] = [];
  const tracked: unknown[] = [];
  const written: string[] = [];
  const write = (...words: readonly unknown[]) => void written.push(words.map(String).join(' '));

  async function fetch(url: string, how: Omit<Asked, 'url'>) {
    const request = { ...how, body: how.body ?? '', url };
    asked.push(request);
    const said = await answer(request);
    if ('fails' in said)
      throw Object.assign(new Error(`request to ${url} failed`), { type: 'system', code: said.fails });
    const { status, body, retryAfter, breaks, reads } = said;
    return {
      status,
      timeout: how.timeout,
      headers: { get: (name: string) => (name === 'retry-after' ? (retryAfter ?? null) : null) },
      async text() {
        reads?.(this.timeout);
        if (breaks !== undefined) throw Object.assign(new Error('broken off'), { type: breaks });
        return typeof body === 'string' ? body : JSON.stringify(body ?? '');
      },
    };
  }

  const context = createContext({
    ...globals,
    fetch,
    console: { log: write, warn: write, error: write, info: write },
    Segment: { track: (call: object) => void tracked.push(JSON.parse(JSON.stringify(call))) },
  });
  if (now !== undefined) runInContext('(now) => { Date.now = now; }', context)(now);
  runInContext(ERROR_CLASSES.map((name) => `class ${name} extends Error { name = '${name}' }`).join('\n'), context);
  const [head = '', code = ''] = text.split(CODE_BEGINS);
  compile(code).runInContext(context, { timeout: LIMIT_MS });
  runInContext(asScript(head), context, { timeout: LIMIT_MS });
  const evaluate = (expression: string): unknown => runInContext(expression, context, { timeout: LIMIT_MS });
  const copy = runInContext('(text) => text === undefined ? undefined : JSON.parse(text)', context);
  return {
    asked,
    tracked,
    written,
    evaluate,
    async call(name, ...args) {
      const own = args.map((each) => (typeof each === 'object' && each !== null ? each : copy(JSON.stringify(each))));
      const call = evaluate(`typeof ${name} === 'function' ? ${name} : undefined`);
      if (typeof call !== 'function') throw new TypeError(`The script has no ${name}.`);
      return call(...own);
    },
  };
}

/** An object of the runtime's own, as arguments are. */
export function intoRuntime(runtime: Runtime, value: unknown): unknown {
  const parse = runtime.evaluate('JSON.parse') as (text: string) => unknown;
  return parse(JSON.stringify(value));
}

/** A request of a webhook, as a Source Function is given it; `sorted` as deployed ones see it. */
export function webhookRequest(
  runtime: Runtime,
  body: unknown,
  {
    query = {},
    headers = {},
  }: { readonly query?: Readonly<Record<string, string>>; readonly headers?: Readonly<Record<string, string>> },
): object {
  const get = (all: Readonly<Record<string, string>>) => ({
    get: (name: string) => Object.entries(all).find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1] ?? null,
  });
  return { json: () => intoRuntime(runtime, sorted(body)), headers: get(headers), url: { searchParams: get(query) } };
}

/** Segment sorts the keys of payloads before deployed functions see them (Segment's documentation, Source Functions). */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, part]) => [name, sorted(part)]),
  );
}
