// Attempts of somebody who reaches the private port, or a page in an operator's browser, and has no token, or the one that only looks: to see or change what is for operators.

import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { Secret } from '../../src/base/secret.js';
import { makeSession } from '../../src/operate/access/sessions.js';
import { declaredPaths } from '../../testkit/routes.js';
import type { Attempt, AttemptGroup } from './attempt.js';
import { describeAll, type HostileAnswer } from './request.js';
import type { HostileRig } from './rig.js';

const WRITE = 'write-token-of-the-rig';
const READ = 'read-token-of-the-rig';

/** For an answer without a byte meanwhile. */
const PATIENCE_MS = 20_000;

const HALF_DAY_MS = 12 * 3_600_000;

/** What tells of a settings document, an event or a token. */
const TOLD = /secret-acme|console-acme|header-headed|write-token|read-token|identifierMappings|"workspaceId"|root:/;

/** Anybody may ask this; it tells nothing. */
const OPEN = new Set(['GET /api/session', 'HEAD /api/session']);

const ROUTES = declaredPaths().filter(({ path }) => path.startsWith('/api'));
/** The end of the session comes last: what is tried after it has none. */
const DEEDS = ROUTES.filter(({ method, path }) => method === 'POST' && !/session$|tester$|preview$/.test(path)).sort(
  (a, b) => Number(a.path.endsWith('/end')) - Number(b.path.endsWith('/end')),
);

interface Asked {
  readonly method: string;
  /** As it goes over the wire. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks the private port; every byte of the head is ours. */
function ask(rig: HostileRig, { method, path, headers = {}, body = '' }: Asked): Promise<HostileAnswer> {
  const { port, host } = new URL(rig.privateUrl);
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', method, path, setHost: false, headers: { host, ...headers } };
    const request = httpRequest(options, async (response) => {
      // A stream has no end; that it begins says enough.
      const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
      const answer = isStream ? 'a stream' : await text(response).catch(() => 'no end');
      if (isStream) response.destroy();
      const code = /"error":"([A-Z_]+)"/.exec(answer)?.[1] ?? '';
      resolve({ status: response.statusCode ?? 0, text: answer, code });
    });
    // Every refusal comes at once; what does not end is none.
    request.setTimeout(PATIENCE_MS, () => request.destroy(new Error('no end')));
    request.on('error', ({ message }) => resolve({ status: 0, text: message, code: '' }));
    request.end(method === 'GET' || method === 'HEAD' ? undefined : body);
  });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const JSON_TYPE = { 'content-type': 'application/json' };

/** The value of a cookie, under the name that the process reads. */
function cookie(rig: HostileRig, value: string): Readonly<Record<string, string>> {
  return { cookie: `statsig_cdp_${new URL(rig.privateUrl).port}=${value}` };
}

function sessionOf(role: 'read' | 'write', token: string, now = Date.now()): string {
  return makeSession(role, new Secret(token), now + HALF_DAY_MS).cookie;
}

/** What an operator sees: no attempt may change it. */
async function state(rig: HostileRig): Promise<string> {
  const headers = bearer(WRITE);
  const parts = ['/api/settings?workspace=acme', '/api/settings/history', '/api/dead-letters', '/api/deletions'];
  const seen = await Promise.all(parts.map((path) => ask(rig, { method: 'GET', path, headers })));
  return JSON.stringify([seen.map(({ status, text }) => [status, text]), callsOf(rig)]);
}

/** Calls of Statsig, Segment and the transformer, but for those that the start makes. */
function callsOf(rig: HostileRig): number {
  return rig.asked.filter(({ line }) => line !== 'GET /features').length;
}

/** A body that the deed would take. */
const BODIES: Readonly<Record<string, object>> = {
  '/api/settings/save': { workspace: 'acme', version: 'x', changes: [{ path: ['paused'], value: true }] },
  '/api/settings/undo': { id: 'x', version: 'x' },
  '/api/dead-letters/drop': { workspace: 'acme' },
  '/api/dead-letters/redeliver': { workspace: 'acme' },
  '/api/waiting/drop': { workspace: 'acme', target: 'statsig' },
  '/api/tester/send': { source: 'segment', workspace: 'acme', body: { type: 'track', event: 'x', userId: 'u' } },
};

const bodyFor = (path: string) => JSON.stringify(BODIES[path] ?? {});

/** Sends them all and looks what an operator sees before and after. */
async function tryAll(
  rig: HostileRig,
  all: readonly Asked[],
  isRefused: (answer: HostileAnswer, asked: Asked) => boolean,
): Promise<{ seen: string; held: boolean }> {
  const before = await state(rig);
  const answers: HostileAnswer[] = [];
  const wrong: string[] = [];
  for (const asked of all) {
    const answer = await ask(rig, asked);
    answers.push(answer);
    if (!isRefused(answer, asked) || TOLD.test(answer.text))
      wrong.push(`${asked.method} ${asked.path} ${JSON.stringify(asked.headers)}: ${answer.status} ${answer.code}`);
  }
  const isSame = (await state(rig)) === before;
  const told = wrong.length === 0 ? '' : `; NOT REFUSED: ${wrong.slice(0, 5).join(' | ')}`;
  return {
    seen: `${describeAll(answers)}${isSame ? '' : '; SOMETHING CHANGED'}${told}`,
    held: isSame && wrong.length === 0,
  };
}

const isAsNobody = ({ status, text }: HostileAnswer, { method, path }: Asked) =>
  (OPEN.has(`${method} ${path.split('?')[0]}`) && status === 200 && /^(?:\{"role":"none"\})?$/.test(text)) ||
  (status >= 400 && status < 500);

const strangers: Attempt = {
  what: 'every route of /api, without a token and with every kind of wrong one',
  promise: '401, 403 or 429 without a word of what is there; nothing changes',
  run(rig) {
    const read = sessionOf('read', READ);
    const proofs: readonly Readonly<Record<string, string>>[] = [
      {},
      bearer('wrong'),
      bearer(''),
      bearer(`${WRITE} `.repeat(2).trim()),
      bearer(WRITE.slice(0, -1)),
      { authorization: `Basic ${Buffer.from(`${WRITE}:`).toString('base64')}` },
      { authorization: WRITE },
      { 'x-admin-token': WRITE },
      cookie(rig, WRITE),
      cookie(rig, sessionOf('write', 'token-of-another-process')),
      cookie(rig, sessionOf('write', WRITE, Date.now() - HALF_DAY_MS - 1)),
      cookie(rig, sessionOf('write', READ)),
      cookie(rig, read.replace('read.', 'write.')),
      cookie(rig, read.replace(/\.\d+\./, `.${Date.now() + 2 * HALF_DAY_MS}.`)),
      cookie(rig, `${read}x`),
      { cookie: `statsig_cdp=${sessionOf('write', WRITE)}` },
      { 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1;host=localhost' },
    ];
    const all = ROUTES.flatMap(({ method, path }) => [
      ...proofs.map((headers): Asked => {
        const proof = headers.cookie === undefined ? headers : { ...headers, 'sec-fetch-site': 'same-origin' };
        return { method, path, headers: { ...JSON_TYPE, ...proof }, body: bodyFor(path) };
      }),
      ...['token', 'access_token', 'ADMIN_TOKEN', 'authorization'].map((name): Asked => {
        return { method, path: `${path}?${name}=${WRITE}`, headers: JSON_TYPE, body: bodyFor(path) };
      }),
    ]);
    return tryAll(rig, all, isAsNobody);
  },
};

const writings: Attempt = {
  what: 'the same routes by other methods, doubled and encoded slashes, letters of the other case, a whole URL, a tail',
  promise: 'as by their own writing, or 404; the transformer behind is asked for none of them',
  async run(rig) {
    const methods = ['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'GET', 'POST'];
    const before = callsOf(rig);
    const all = ROUTES.flatMap(({ method, path }) => [
      ...methods.map((each): Asked => ({ method: each, path, headers: JSON_TYPE, body: bodyFor(path) })),
      ...[
        `/${path}`,
        path.replaceAll('/', '//'),
        path.toUpperCase(),
        path.replace('a', '%61'),
        path.replaceAll('/', '%2f').replace('%2f', '/'),
        `${path}/`,
        `${path}/.`,
        `${path};x`,
        `${path}%00`,
        `/console/..${path}`,
        `http://localhost${path}`,
      ].map((each): Asked => ({ method, path: each, headers: JSON_TYPE, body: bodyFor(path) })),
    ]);
    const isOpen = ({ status, text }: HostileAnswer) => status === 200 && /^(?:\{"role":"none"\})?$/.test(text);
    const outcome = await tryAll(
      rig,
      all,
      (answer, asked) => isAsNobody(answer, asked) || (/session/i.test(asked.path) && isOpen(answer)),
    );
    const passed = callsOf(rig) - before;
    return { seen: `${outcome.seen}; passed on ${passed} times`, held: outcome.held && passed === 0 };
  },
};

const files: Attempt = {
  what: 'files beside those of the console, by dots and slashes in every writing',
  promise: '4xx: there is a list of files, and what is not on it is none',
  async run(rig) {
    const steps = ['..', '%2e%2e', '.%2e', '..%2f', '..%5c', '..\\', '%252e%252e', '....//', '..;', '%c0%ae%c0%ae'];
    const aims = ['package.json', 'etc/passwd', 'manifest.json', 'data/admin-token', 'dist/bundle/main.js'];
    const all = steps.flatMap((step) =>
      aims.flatMap((aim) =>
        [1, 3, 6].map((times): Asked => ({ method: 'GET', path: `/console/${`${step}/`.repeat(times)}${aim}` })),
      ),
    );
    // In one step of the path, which a router does not see through.
    const inOne = ['..%2f', '%2e%2e%2f', '..%5c', '..%252f'].flatMap((step) =>
      aims.flatMap((aim) =>
        [1, 2, 3, 8].map((times): Asked => {
          return { method: 'GET', path: `/console/${step.repeat(times)}${aim.replaceAll('/', '%2f')}` };
        }),
      ),
    );
    const more = [
      '/console/vendor/',
      '/console/pages',
      '/console/__proto__',
      '/console/constructor',
      '/console/index.html/x',
    ];
    return tryAll(
      rig,
      [...all, ...inOne, ...more.map((path): Asked => ({ method: 'GET', path }))],
      ({ status }) => status >= 400 && status < 500,
    );
  },
};

const otherSites: Attempt = {
  what: "deeds by an operator's cookie from a page of another site, of another port, of a file; by forms and by scripts",
  promise: '403 ORIGIN_REFUSED; nothing changes',
  run(rig) {
    const session = cookie(rig, sessionOf('write', WRITE));
    const { host } = new URL(rig.privateUrl);
    const forms: readonly Readonly<Record<string, string>>[] = [
      { 'content-type': 'text/plain', origin: `http://${host}` },
      { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      { 'content-type': 'multipart/form-data; boundary=x', 'sec-fetch-site': 'same-origin' },
      { 'content-type': 'application/jsonx', 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'same-origin' },
      JSON_TYPE,
      { ...JSON_TYPE, origin: 'http://elsewhere.example' },
      { ...JSON_TYPE, origin: 'null' },
      { ...JSON_TYPE, origin: `http://${host}.elsewhere.example` },
      { ...JSON_TYPE, origin: 'http://127.0.0.1:1' },
      { ...JSON_TYPE, origin: `http://${host}`, 'sec-fetch-site': 'cross-site' },
      { ...JSON_TYPE, origin: `http://${host}`, 'sec-fetch-site': 'same-site' },
      { ...JSON_TYPE, origin: `http://${host}`, 'sec-fetch-site': 'none' },
    ];
    const deeds = DEEDS.flatMap(({ path }) =>
      forms.map(
        (headers): Asked => ({ method: 'POST', path, headers: { ...session, ...headers }, body: bodyFor(path) }),
      ),
    );
    const looks = ROUTES.filter(({ method }) => method === 'GET').flatMap(({ path }) =>
      ['cross-site', 'same-site'].map((site): Asked => {
        return { method: 'GET', path, headers: { ...session, 'sec-fetch-site': site } };
      }),
    );
    return tryAll(rig, [...deeds, ...looks], ({ code }) => code === 'ORIGIN_REFUSED');
  },
};

const readers: Attempt = {
  what: 'every deed with the token that only looks, and with a session of it',
  promise: '403 ROLE_INSUFFICIENT; nothing changes',
  run(rig) {
    const proofs = [bearer(READ), { ...cookie(rig, sessionOf('read', READ)), 'sec-fetch-site': 'same-origin' }];
    const deeds = DEEDS.filter(({ path }) => !path.startsWith('/api/session'));
    const all = deeds.flatMap(({ path }) =>
      proofs.map(
        (proof): Asked => ({ method: 'POST', path, headers: { ...JSON_TYPE, ...proof }, body: bodyFor(path) }),
      ),
    );
    return tryAll(rig, all, ({ code }) => code === 'ROLE_INSUFFICIENT');
  },
};

const hiddenKeys: Attempt = {
  what: 'previews of settings with the token that only looks: a hidden key in the name of an event, in a template, in a comment, in an address; variables and files as keys',
  promise: 'no key in any answer, no word of what variables and files there are; nothing changes',
  async run(rig) {
    const headers = { ...JSON_TYPE, ...bearer(READ) };
    const read = await ask(rig, { method: 'GET', path: '/api/settings?workspace=acme', headers });
    const { version, text: file } = (JSON.parse(read.text) as { document: { version: string; text: string } }).document;
    const sample = { source: 'segment', body: { type: 'track', event: 'x', userId: 'u', messageId: 'm' } };
    const words = [...new Set(file.match(/kept:\d+/g))];
    const set = (path: readonly string[], value: unknown) => ({ changes: [{ path, value }] });
    const edits: readonly object[] = [
      ...words.flatMap((word) => [
        set(['eventNamePrefix'], word),
        set(['eventNameTemplates', 'track'], `${word}{event}`),
        set(['eventsUrl'], `https://${word.replace(':', '.')}.example`),
        set(['excludeEvents'], [word]),
        { text: file.replaceAll(word, `${word} # ${word}`) },
        { text: `${file}\n# ${word}\n` },
        { text: file.replaceAll(word, '') },
      ]),
      ...['env:HOME', 'env:NOT_SET_ANYWHERE', 'file:/etc/passwd', 'file:/not/there'].map((value) =>
        set(['segment', 'headerSecrets'], [value]),
      ),
    ];
    const all = edits.map((edit): Asked => {
      const body = JSON.stringify({ workspace: 'acme', version, ...edit, sample });
      return { method: 'POST', path: '/api/settings/preview', headers, body };
    });
    const before = await state(rig);
    const answers: HostileAnswer[] = [];
    for (const asked of all) answers.push(await ask(rig, asked));
    const tells = /secret-|console-acme|header-headed|-token|root:|is not set|cannot be read|white space/;
    const told = answers.filter(({ status, text: answer }) => status !== 200 || tells.test(answer));
    const isSame = (await state(rig)) === before;
    return {
      seen: `${words.length} hidden keys; ${describeAll(answers)}; ${told.length} tell of a key or a variable`,
      held: isSame && told.length === 0 && words.length > 0,
    };
  },
};

const links: Attempt = {
  what: 'one link by forty at once',
  promise: 'it signs one of them in',
  async run(rig) {
    const made = await ask(rig, { method: 'POST', path: '/api/session/link', headers: bearer(WRITE) });
    const code = /#link=([\w-]+)/.exec(made.text)?.[1];
    const body = JSON.stringify({ link: code });
    const asked: Asked = { method: 'POST', path: '/api/session', headers: JSON_TYPE, body };
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(rig, asked)));
    return { seen: describeAll(answers), held: answers.filter(({ status }) => status === 200).length === 1 };
  },
};

const ownTokens: Attempt = {
  what: 'the tokens of the process in paths that are mistyped, as they are and percent-encoded; then the live log and the overview with the token that only looks',
  promise: 'no token and no piece of one in any answer',
  async run(rig) {
    const encoded = [...WRITE].map((each) => `%${each.charCodeAt(0).toString(16)}`).join('');
    for (const path of [`/api/${WRITE}`, `/segment/${WRITE}`, `/segment/acme/${encoded}`, `/segment/${encoded}`])
      await ask(rig, { method: 'POST', path, headers: JSON_TYPE, body: '{}' });
    const looks = ['/api/live', '/api/overview', '/api/status', '/api/dead-letters', '/api/dead-letters/groups'];
    const answers: HostileAnswer[] = [];
    for (const path of looks) answers.push(await ask(rig, { method: 'GET', path, headers: bearer(READ) }));
    const isClean = ({ status, text: told }: HostileAnswer) =>
      status === 200 && !told.includes(WRITE) && !told.includes(encoded);
    return { seen: describeAll(answers), held: answers.every(isClean) };
  },
};

const foreignCookies: Attempt = {
  what: 'wrong cookies from a page of another port, so that the address of the operator has to wait',
  promise: '403 ORIGIN_REFUSED each, and none counts',
  async run(rig) {
    const answers: HostileAnswer[] = [];
    for (let guess = 0; guess < 30; guess += 1) {
      const headers = { ...cookie(rig, sessionOf('write', `foreign-${guess}`)), 'sec-fetch-site': 'same-site' };
      answers.push(await ask(rig, { method: 'GET', path: '/api/live', headers }));
    }
    const own = await ask(rig, { method: 'GET', path: '/api/live', headers: cookie(rig, sessionOf('read', READ)) });
    const isRefused = answers.every(({ code }) => code === 'ORIGIN_REFUSED');
    return { seen: `${describeAll(answers)}; then the operator ${own.status}`, held: isRefused && own.status === 200 };
  },
};

const guesses: Attempt = {
  what: 'ten thousand guesses of the token, by header, cookie and sign-in, then the right one',
  promise: 'after ten of them nothing is looked at, not even what is right; an operator who was in before stays in',
  async run(rig, force) {
    await ask(rig, { method: 'GET', path: '/api/session', headers: bearer(WRITE) });
    const answers: HostileAnswer[] = [];
    for (let guess = 0; guess < (force === 'short' ? 30 : 10_000); guess += 1) {
      const proof = guess % 2 === 0 ? bearer(`guess-${guess}`) : cookie(rig, sessionOf('write', `guess-${guess}`));
      answers.push(await ask(rig, { method: 'GET', path: '/api/dead-letters', headers: proof }));
    }
    const unseen = cookie(rig, sessionOf('read', READ));
    const right = await ask(rig, { method: 'GET', path: '/api/dead-letters', headers: unseen });
    const known = await ask(rig, { method: 'GET', path: '/api/session', headers: bearer(WRITE) });
    const refused = answers.filter(({ code }) => code === 'ADMIN_REFUSED').length;
    return {
      seen: `${describeAll(answers)}; then the right one ${right.status} ${right.code}; the operator ${known.status}`,
      held: refused <= 10 && right.code === 'TOO_MANY_WRONG_TOKENS' && known.status === 200,
    };
  },
};

/** Nobody without a right sees or changes what is for operators, where the operator gave the tokens. */
export const HOSTILE_CONSOLE: AttemptGroup = {
  title: 'Console and /api, with tokens of the operator and a transformer behind',
  options: { environment: { ADMIN_TOKEN: WRITE, ADMIN_READ_TOKEN: READ, DRAIN_TIMEOUT_MS: '500' }, hasUpstream: true },
  // The last one makes the address wait.
  attempts: [strangers, writings, files, otherSites, readers, hiddenKeys, ownTokens, foreignCookies, links, guesses],
};

const rebinding: Attempt = {
  what: 'every page and route by a name of a stranger that leads here (DNS rebinding), also with the right token',
  promise: '403 HOST_REFUSED',
  async run(rig) {
    const { port } = new URL(rig.privateUrl);
    const hosts = [
      `rebound.example:${port}`,
      `localhost.example:${port}`,
      '0.0.0.0',
      `127.0.0.1.nip.example:${port}`,
      '10.0.0.7',
    ];
    const paths = [...ROUTES, ...declaredPaths().filter(({ path }) => /^\/(?:console|openapi)/.test(path))];
    const answers: HostileAnswer[] = [];
    for (const { method, path } of paths)
      for (const host of hosts)
        for (const proof of [{}, bearer(rig.adminToken())])
          answers.push(await ask(rig, { method, path, headers: { host, ...proof, ...JSON_TYPE }, body: '{}' }));
    return { seen: describeAll(answers), held: answers.every(({ code }) => code === 'HOST_REFUSED') };
  },
};

const proxies: Attempt = {
  what: 'the right token of this machine, through a proxy on this machine',
  promise: '401: what comes through a proxy may come from anywhere',
  async run(rig) {
    const answers: HostileAnswer[] = [];
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip'])
      for (const { method, path } of ROUTES.filter(({ path }) => path !== '/api/session')) {
        const headers = { ...bearer(rig.adminToken()), [name]: '127.0.0.1', ...JSON_TYPE };
        answers.push(await ask(rig, { method, path, headers, body: '{}' }));
      }
    const direct = await ask(rig, { method: 'GET', path: '/api/dead-letters', headers: bearer(rig.adminToken()) });
    return {
      seen: `${describeAll(answers)}; without a proxy ${direct.status}`,
      held: answers.every(({ status }) => status === 401 || status === 429) && direct.status === 200,
    };
  },
};

/** The same where the process made its token for this machine. */
export const HOSTILE_CONSOLE_HERE: AttemptGroup = {
  title: 'Console and /api, with the token of this machine',
  // Empty is as good as not set.
  options: { environment: { ADMIN_TOKEN: '' } },
  attempts: [rebinding, proxies],
};
