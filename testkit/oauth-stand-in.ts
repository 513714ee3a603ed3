// A stand-in of Segment's OAuth endpoints and its Config API on loopback: a page to say yes or no on, codes that count once, tokens that end, destinations. A request outside of the
// descriptions is a broken rule.

import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { serve } from './loopback.js';
import { authorizeQuery, createBody, tokenForm, updateBody } from './oauth-descriptions.js';

/** The one app that it knows. */
export const OAUTH_CLIENT = { id: 'app-example', secret: 'client-secret example/+%' } as const;

/** The name of the app's install, and of what a person picks. */
export const INSTALL = 'installs/7';
export const OAUTH_SOURCE = 'workspaces/shop/sources/web';

/** What a person may pick on the page. */
const SOURCES = [OAUTH_SOURCE, 'workspaces/shop/sources/phone'];

/** A destination as the API shows it. */
export interface StandInDestination {
  readonly name: string;
  enabled: boolean;
  connection_mode: string;
  config: { readonly name: string; readonly type: string; readonly value: unknown }[];
}

/** What goes wrong with a call. */
export type OAuthFault =
  /** Answered instead of being carried out. */
  | { readonly status: number; readonly body?: object; readonly headers?: Readonly<Record<string, string>> }
  /** The connection is cut before it is carried out, or after. */
  | 'cut before'
  | 'cut after'
  /** Refused, with words that repeat the request. */
  | 'repeated';

/** How it behaves. */
export interface OAuthStandInOptions {
  /** Those of the app. Added to by `redirectUris.add`. */
  readonly redirectUris?: readonly string[];
  /** Asked about each call but those of pages, as `POST /oauth2/token`, with how many there were of all. */
  readonly faultOf?: (call: string, count: number) => OAuthFault | undefined;
  /** Whether the reply to a code holds a refresh token, as RFC 6749 has it and Segment has not. */
  readonly refreshTokens?: boolean;
}

interface Consent {
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly source: string;
}

interface Answer {
  readonly status: number;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

const ajv = new Ajv2020({ allErrors: true });
const isAuthorizeQuery = ajv.compile(authorizeQuery);
const isTokenForm = ajv.compile(tokenForm);
const isCreateBody = ajv.compile(createBody);
const isUpdateBody = ajv.compile(updateBody);

const escapeHtml = (value: string) => value.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);

/** The page on which a person picks a source and says yes or no. */
function consentPage(query: URLSearchParams): string {
  const hidden = [...query].map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const options = SOURCES.map((source) => `<option value="${source}">${source}</option>`);
  return `<!doctype html><title>Allow</title><form method="post" action="/oauth2/consent">${hidden.join('')}
<label>Source <select name="source">${options.join('')}</select></label>
<button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button></form>`;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The user and password of Basic authentication. @param isForm whether they are encoded as RFC 6749, 2.3.1 says; `curl -u` does not */
function basicOf({ headers }: IncomingMessage, isForm: boolean): string | undefined {
  const [, encoded] = /^Basic ([\w+/=]+)$/.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
  const decode = (value: string) => (isForm ? decodeURIComponent(value.replaceAll('+', ' ')) : value);
  return `${decode(id)}:${decode(secret.join(':'))}`;
}

const KNOWN = `${OAUTH_CLIENT.id}:${OAUTH_CLIENT.secret}`;

/** Runs until it is closed. */
export async function serveOAuth({ redirectUris = [], faultOf, refreshTokens = false }: OAuthStandInOptions = {}) {
  const uris = new Set(redirectUris);
  const codes = new Map<string, Consent>();
  const tokens = new Map<string, string>();
  const refreshes = new Map<string, string>();
  const destinations = new Map<string, StandInDestination>();
  const calls: string[] = [];
  const referrers: string[] = [];
  const broken: unknown[] = [];
  const given: string[] = [];
  let install: string | undefined;
  let isTooLate = false;

  function make(kind: string): string {
    const value = `${kind}-example-${randomUUID()}`;
    given.push(value);
    return value;
  }

  function back(redirectUri: string, parameters: Readonly<Record<string, string>>): Answer {
    const url = new URL(redirectUri);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { status: 302, headers: { location: url.href } };
  }

  /** RFC 6749, 4.1.2.1: a wrong client or address is told to the person, and never sent to that address. */
  function refusedConsent(query: URLSearchParams): Answer | undefined {
    const fields = Object.fromEntries(query);
    const { client_id: client, redirect_uri: uri = '', state = '' } = fields;
    if (client !== OAUTH_CLIENT.id || !uris.has(uri))
      return { status: 400, body: 'The app or its redirect URI is not known.' };
    if (isAuthorizeQuery(fields)) return undefined;
    broken.push(isAuthorizeQuery.errors);
    return back(uri, { error: 'invalid_request', state });
  }

  function consent(form: URLSearchParams): Answer {
    const { source = '', answer, ...fields } = Object.fromEntries(form);
    const query = new URLSearchParams(fields);
    const refused = refusedConsent(query);
    if (refused !== undefined) return refused;
    const { state = '', redirect_uri: redirectUri = '', code_challenge: challenge } = fields;
    given.push(state);
    if (answer !== 'allow')
      return back(redirectUri, { error: 'access_denied', error_description: 'The owner denied it.', state });
    const code = make('code');
    if (!isTooLate) codes.set(code, { redirectUri, challenge, source });
    isTooLate = false;
    return back(redirectUri, { code, state, scope: fields.scope ?? '' });
  }

  function reply(source: string | undefined): Answer {
    const token = make('token');
    tokens.set(token, source ?? OAUTH_SOURCE);
    const refresh = refreshTokens ? make('refresh') : undefined;
    if (refresh !== undefined) refreshes.set(refresh, source ?? OAUTH_SOURCE);
    return {
      status: 200,
      body: {
        access_token: token,
        token_type: 'bearer',
        expires_in: 3599,
        scope: 'destination/webhooks',
        app_name: 'apps/2',
        install_name: INSTALL,
        workspace_names: ['workspaces/shop'],
        ...(source !== undefined && { source_names: [source] }),
        ...(refresh !== undefined && { refresh_token: refresh }),
      },
    };
  }

  const oauthError = (error: string, description: string, status = 400): Answer => ({
    status,
    body: { error, error_description: description },
  });

  function redeem(
    code: string,
    { redirect_uri: uri, code_verifier: verifier }: Readonly<Record<string, string>>,
  ): Answer {
    const found = codes.get(code);
    codes.delete(code);
    if (found === undefined) return oauthError('invalid_grant', `The code ${code} has ended or was used.`);
    if (found.redirectUri !== uri) return oauthError('invalid_grant', 'The redirect URI is another one.');
    const digest = verifier === undefined ? undefined : createHash('sha256').update(verifier).digest('base64url');
    if (digest !== found.challenge) return oauthError('invalid_grant', 'The verifier is another one.');
    // Told of by Segment's page; which answer it is, no page says.
    if (install !== undefined) return oauthError('invalid_request', 'install already exists');
    install = INSTALL;
    return reply(found.source);
  }

  function token(request: IncomingMessage, text: string): Answer {
    const fields = Object.fromEntries(new URLSearchParams(text));
    if (!isTokenForm(fields)) broken.push(isTokenForm.errors);
    if (request.headers['content-type']?.split(';')[0] !== 'application/x-www-form-urlencoded') broken.push('no form');
    if (basicOf(request, true) !== KNOWN)
      return oauthError('invalid_client', `It is not ${request.headers.authorization}.`, 401);
    if (fields.grant_type === 'authorization_code') return redeem(fields.code ?? '', fields);
    const source = refreshes.get(fields.refresh_token ?? '');
    refreshes.delete(fields.refresh_token ?? '');
    return source === undefined ? oauthError('invalid_grant', 'The refresh token has ended.') : reply(source);
  }

  const configError = (status: number, error: string, code: number): Answer => ({ status, body: { error, code } });

  function installToken(request: IncomingMessage, name: string): Answer {
    if (basicOf(request, false) !== KNOWN) return configError(401, 'unauthenticated', 16);
    return name === install ? reply(undefined) : configError(404, 'not found', 5);
  }

  function destination(method: string, path: string, text: string): Answer {
    const [, source = '', slug] =
      /^(workspaces\/[\w-]+\/sources\/[\w-]+)\/destinations(?:\/([\w-]+))?$/.exec(path) ?? [];
    const body = text === '' ? {} : JSON.parse(text);
    if (slug === undefined) {
      assert.equal(method, 'POST');
      if (!isCreateBody(body)) broken.push(isCreateBody.errors);
      const made = body.destination as StandInDestination;
      assert.equal(made.name.slice(0, source.length), source);
      if (destinations.has(made.name)) return configError(409, 'already exists', 6);
      destinations.set(made.name, made);
      return { status: 200, body: { ...made, parent: source } };
    }
    const found = destinations.get(path);
    if (found === undefined) return configError(404, 'not found', 5);
    if (method === 'DELETE') destinations.delete(path);
    if (method === 'PATCH') {
      if (!isUpdateBody(body)) broken.push(isUpdateBody.errors);
      const { paths } = body.update_mask as { readonly paths: readonly string[] };
      if (paths.includes('destination.enabled')) found.enabled = body.destination.enabled;
      if (paths.includes('destination.config'))
        found.config = [
          ...found.config.filter(
            ({ name }) => !body.destination.config.some((each: { name: string }) => each.name === name),
          ),
          ...body.destination.config,
        ];
    }
    return { status: 200, body: method === 'DELETE' ? {} : { ...found, parent: source } };
  }

  function api(request: IncomingMessage, path: string, text: string): Answer {
    const { method = '', headers } = request;
    const [, name] = /^(installs\/\d+)\/token$/.exec(path) ?? [];
    if (name !== undefined && method === 'GET') return installToken(request, name);
    const source = tokens.get(headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (source === undefined) return configError(401, 'malformed token', 16);
    // "With the destination scope you can only change the destination specified on the user selected source."
    if (!path.startsWith(`${source}/destinations`)) return configError(403, 'insufficient scope', 7);
    if (text !== '' && headers['content-type'] !== 'application/json') broken.push('no JSON');
    return destination(method, path, text);
  }

  function answer(request: IncomingMessage, { pathname, searchParams }: URL, text: string): Answer {
    const asked = `${request.method} ${pathname}`;
    if (asked === 'GET /oauth2/auth')
      return refusedConsent(searchParams) ?? { status: 200, body: consentPage(searchParams) };
    if (asked === 'POST /oauth2/consent') return consent(new URLSearchParams(text));
    if (asked === 'POST /oauth2/token') return token(request, text);
    if (pathname.startsWith('/v1beta/')) return api(request, pathname.slice('/v1beta/'.length), text);
    throw new Error(`${asked} is in no description`);
  }

  function give(response: ServerResponse, { status, body, headers }: Answer): void {
    const type = typeof body === 'string' ? 'text/html; charset=utf-8' : 'application/json';
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://stand-in');
    // A browser asks for it by itself.
    if (url.pathname === '/favicon.ico') {
      give(response, { status: 404 });
      return;
    }
    const text = await readBody(request);
    const { referer } = request.headers;
    if (referer !== undefined) referrers.push(referer);
    const call = `${request.method} ${url.pathname}`;
    calls.push(call);
    const isPage = url.pathname === '/oauth2/auth' || url.pathname === '/oauth2/consent';
    const fault = isPage ? undefined : faultOf?.(call, calls.length);
    if (fault === 'cut before') request.socket.destroy();
    else if (fault === 'repeated')
      give(response, oauthError('invalid_request', `${request.headers.authorization} was sent, and ${text}`));
    else if (typeof fault === 'object') give(response, fault);
    else {
      const result = answer(request, url, text);
      if (fault === 'cut after') request.socket.destroy();
      else give(response, result);
    }
  }

  const server = await serve((request, response) => {
    handle(request, response).catch((error: unknown) => {
      broken.push(error);
      response.destroy();
    });
  });
  return {
    url: server.url,
    /** What an app is told of it. */
    addresses: {
      authorizeUrl: `${server.url}/oauth2/auth`,
      tokenUrl: `${server.url}/oauth2/token`,
      configUrl: `${server.url}/v1beta`,
    },
    redirectUris: uris,
    /** By name. */
    destinations,
    /** As `POST /oauth2/token`, in order. */
    calls,
    /** Pages that a browser came from, as it says. */
    referrers,
    /** Rules that were broken. */
    broken,
    /** Codes, tokens and states: none may be found anywhere afterwards. */
    given,
    /** Every code that was not used ends. */
    expireCodes: () => codes.clear(),
    /** The next code ends before it is used, as one does on a slow way. */
    expireNextCode() {
      isTooLate = true;
    },
    /** Every token ends. */
    expireTokens: () => tokens.clear(),
    /** The app is taken out of the workspace. */
    uninstall() {
      install = undefined;
    },
    /** Says yes or no as a person does on the page. @returns where the browser is sent */
    async answerConsent(url: string, answer: 'allow' | 'deny' = 'allow', source = OAUTH_SOURCE): Promise<URL> {
      const body = new URLSearchParams(new URL(url).searchParams);
      body.set('answer', answer);
      body.set('source', source);
      const response = await fetch(`${server.url}/oauth2/consent`, { method: 'POST', body, redirect: 'manual' });
      return new URL(response.headers.get('location') ?? '');
    },
    close: server.close,
  };
}

/** A running stand-in. */
export type OAuthStandIn = Awaited<ReturnType<typeof serveOAuth>>;

/** Closed with the test, which fails if a call broke a rule. */
export async function startOAuth(context: TestContext, options?: OAuthStandInOptions): Promise<OAuthStandIn> {
  const standIn = await serveOAuth(options);
  context.after(async () => {
    await standIn.close();
    assert.deepEqual(standIn.broken, []);
  });
  return standIn;
}
