// Paths that mean another place than they say.

import { prove } from '../fuzz/workspaces.js';
import type { Attempt, AttemptGroup } from './attempt.js';
import { insiderHeaders, SEGMENT_PATH } from './insider.js';
import { describeAll, type HostileAnswer, isCivil, send } from './request.js';
import type { HostileRig } from './rig.js';

const PROTECTED = [
  '/api/dead-letters',
  '//api/dead-letters',
  '/./api/dead-letters',
  '/x/../api/dead-letters',
  '/health/../api/dead-letters',
  '/api//dead-letters',
  '/api%2fdead-letters',
  '/%61pi/dead-letters',
  '/%2561pi/dead-letters',
  '/api/dead-letters/',
  '/api/dead-letters%00',
  '/api/dead-letters;x=1',
  '/api/dead-letters#/healthz',
  '/api/dead-letters?token=admin-example&access_token=admin-example',
  '/API/dead-letters',
  '\\api\\dead-letters',
  '/api/deletions',
  '//api/deletions',
  '/api/deletions/',
];

/** Each path by each method, and none lets anybody in. */
function refusedEverywhere(what: string, paths: readonly string[], methods: readonly string[]): Attempt {
  return {
    what,
    promise: '401 or 404; nothing is shown',
    async run(rig) {
      const answers: HostileAnswer[] = [];
      for (const path of paths) {
        for (const method of methods)
          answers.push(await send(rig, { method, path, body: method === 'POST' ? { workspace: 'acme' } : '' }));
      }
      const held = answers.every(({ status, text }) => [401, 404, 400].includes(status) && !text.includes('payload'));
      return { seen: describeAll(answers), held };
    },
  };
}

const WORKSPACES = [
  'acme%2f..%2fheaded',
  'headed%2f',
  '%68%65%61%64%65%64',
  'headed%00',
  '..',
  '%2e%2e',
  '.',
  'headed;x',
  'headed%ff',
  '%',
  'Headed',
  'headed ',
  'o'.repeat(8_000),
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
];

/** Only one of the spellings is the workspace: the one that decodes to it. */
const workspacePaths: Attempt = {
  what: 'encoded slashes, dots, NUL, blanks and prototype keys for a workspace',
  promise: 'taken by its own id alone, else 4xx',
  async run(rig) {
    const answers: HostileAnswer[] = [];
    for (const id of WORKSPACES) {
      for (const path of [`/segment/${id}`, `/statsig/${id}`]) {
        if (path.includes(' ')) continue;
        answers.push(await send(rig, { path, body: [], headers: insiderHeaders(SEGMENT_PATH, Buffer.from('[]')) }));
      }
    }
    const taken = answers.filter(({ status }) => status === 200).length;
    return { seen: describeAll(answers), held: answers.every(isCivil) && taken === 1 };
  },
};

const pathBytes: Attempt = {
  what: 'paths of bytes that are no text: control characters, halves of UTF-8, 15 KB',
  promise: '4xx',
  async run(rig) {
    const paths = [
      '/segment/\x01',
      '/segment/\x7f',
      '/segment/\u00e9\u00ff',
      '/segment/%c0%af',
      '/segment/%ed%a0%80',
      '/%u0041',
      `/${'%41'.repeat(5_000)}`,
      `/${'/'.repeat(15_000)}`,
      `/segment/${'../'.repeat(4_000)}open`,
    ];
    const answers: HostileAnswer[] = [];
    for (const path of paths) answers.push(await send(rig, { path, body: '[]' }));
    return { seen: describeAll(answers), held: answers.every(({ status }) => status >= 400 && status < 500) };
  },
};

/** A query that repeats a field makes a list of it, and with brackets in some parsers an object. */
const queries: Attempt = {
  what: 'repeated, bracketed and prototype fields in the query of /api, with the right token',
  promise: '200, or 400 for what the route does not take, and no other workspace is shown',
  async run(rig) {
    const headers = Object.fromEntries(prove('admin', 'right', Buffer.alloc(0)));
    const answers: HostileAnswer[] = [];
    for (const query of [
      'workspace=a&workspace=b',
      'workspace[x]=1',
      '__proto__[workspace]=acme',
      'workspace=%00',
      'workspace=../acme',
      `workspace=${'x'.repeat(8_000)}`,
      'constructor=1',
      '%ff=%ff',
    ])
      answers.push(await send(rig, { method: 'GET', path: `/api/dead-letters?${query}`, headers }));
    return { seen: describeAll(answers), held: answers.every(({ status }) => status === 200 || status === 400) };
  },
};

/** A redirect or an error page that repeats the path would run as a script in a browser. */
const echoes: Attempt = {
  what: 'a path with a script and line ends',
  promise: 'no answer is a page; no header is made of it',
  async run(rig: HostileRig) {
    const path = '/%3Cscript%3Ealert(1)%3C/script%3E%0d%0aX-Made:%201';
    const bytes = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n\r\n`);
    const outcome = await rig.client.send({ bytes });
    if (outcome.kind !== 'answered') return { seen: outcome.kind, held: false };
    const { status, headers } = outcome.answer;
    const type = headers.get('content-type') ?? 'none';
    return {
      seen: `${status}, ${type}`,
      held: type.startsWith('application/json') && !headers.has('x-made') && !headers.has('location'),
    };
  },
};

/** Paths. */
export const HOSTILE_PATHS: AttemptGroup = {
  title: 'Paths',
  attempts: [
    refusedEverywhere('/api without a token, in every spelling', PROTECTED, ['GET', 'POST', 'HEAD']),
    refusedEverywhere(
      'changing dead letters without a token, in every spelling',
      [
        '/api/dead-letters/drop',
        '//api/dead-letters/drop',
        '/api/dead-letters/../dead-letters/drop',
        '/api/dead-letters/drop/',
        '/%61pi/dead-letters/redeliver',
        '/api/outbox/acknowledge',
        '/%61pi/outbox/acknowledge',
      ],
      ['POST'],
    ),
    workspacePaths,
    pathBytes,
    queries,
    echoes,
  ],
};
