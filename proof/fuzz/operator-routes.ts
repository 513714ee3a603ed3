// The routes for operators, as openapi.json describes them: which errors each answers, and what else.

import { readFileSync } from 'node:fs';
import { ERRORS, type ErrorCode } from '../../src/base/errors.js';
import { isJsonObject } from '../../src/model/segment-event.js';
import { type FuzzRoute, objectShape, route } from './route.js';
import type { Shape } from './rudderstack-answers.js';

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<
    Record<
      string,
      { readonly schema?: { readonly properties?: { readonly error?: { readonly enum?: readonly string[] } } } }
    >
  >;
}

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Answer>> }>>>
  >;
  readonly components: { readonly responses: Readonly<Record<string, Answer>> };
}

const document: Document = JSON.parse(readFileSync(new URL(import.meta.resolve('statsig-cdp/openapi.json')), 'utf8'));

const isCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text);

/** Codes that the description of the route names. */
function codesOf(path: string, method: string): readonly ErrorCode[] {
  const responses = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]?.responses ?? {};
  return Object.values(responses).flatMap(({ $ref, ...own }) => {
    const answer = $ref === undefined ? own : document.components.responses[$ref.split('/').at(-1) ?? ''];
    const codes = answer?.content?.['application/json']?.schema?.properties?.error?.enum ?? [];
    return codes.filter(isCode);
  });
}

/** JSON lines. */
const linesShape: Shape = (answer) => {
  const lines = String(answer).split('\n');
  return lines.pop() === '' && lines.every((line) => isJsonObject(JSON.parse(line))) ? undefined : 'no JSON lines';
};

const anyText: Shape = () => undefined;

/** What one of them may be asked, where that is not `{}` and the bare path. */
interface Parts {
  readonly targets?: readonly string[];
  readonly samples?: readonly unknown[];
  readonly shape?: Shape;
  readonly isText?: boolean;
  readonly statuses?: (status: number) => boolean;
}

const LETTERS = [{ keys: ['k'] }, { workspace: 'acme', target: 'statsig' }, { workspace: 'nobody' }];
const TRIED = [{ source: 'segment', workspace: 'acme', body: { type: 'track', event: 'e', userId: 'u' } }];
const EDITS = [
  { workspace: 'acme', version: 'v', changes: [{ path: ['paused'], value: true }] },
  { workspace: 'nobody' },
];

const files = (...names: readonly string[]): Parts => ({
  targets: names.map((name) => `/console/${name}`),
  isText: true,
  shape: anyText,
});

/** @param path and a query of each route that takes one, right and wrong */
const asked = (path: string, ...queries: readonly string[]): Parts => ({
  targets: queries.map((query) => `/api/${path}${query}`),
});

const PARTS: Readonly<Record<string, Parts>> = {
  'GET /console': { isText: true, shape: anyText, statuses: (status) => status === 200 || status === 308 },
  'GET /console/:file': files('main.js', 'nope.js', '..%2f', '%ff', '__proto__'),
  'GET /console/:folder/:file': files('vendor/preact.js', 'vendor/nope', '%2e%2e/x'),
  'GET /console/:folder/:subfolder/:file': files('pages/live/page.js', 'pages/live/nope', 'a/%00/b'),
  'GET /api/dead-letters': {
    ...asked('dead-letters', '', '?workspace=acme&target=statsig', '?workspace[]=a&target=a&target=b', '?limit=x'),
    isText: true,
    shape: linesShape,
  },
  'GET /api/dead-letters/groups': asked('dead-letters/groups', '', '?workspace=acme', '?since=x'),
  'GET /api/dead-letters/redelivery': asked('dead-letters/redelivery', '?id=x', ''),
  // One that is opened as it should be has no end.
  'GET /api/live/stream': asked('live/stream', '?limit=x', '?nope=1', '?limit=1&limit=2'),
  'GET /api/live': asked('live', '', '?limit=5', '?outcome=refused&search=%ff', '?limit=-1'),
  'GET /api/live/entry': asked('live/entry', '?id=x', ''),
  'GET /api/live/names': asked('live/names', '?workspace=acme', '?workspace=%00', ''),
  'GET /api/live/samples': asked('live/samples', '?workspace=acme&limit=3', '?workspace=acme&source=x'),
  'GET /api/overview': asked('overview', '', '?workspace=acme', '?direction=x'),
  'GET /api/settings': asked('settings', '?workspace=acme', '?workspace=nobody', ''),
  'GET /api/settings/history': asked('settings/history', '', '?workspace=acme', '?id=../../x'),
  'GET /api/connect': asked('connect', '', '?x=1'),
  'GET /api/connect/deed': asked('connect/deed', '?id=x', '', '?id=x&id=y'),
  // No more than this of the other routes of connecting: one that is asked as it should be asks others.
  'GET /connect/oauth/callback': {
    targets: ['', '?state=x&code=y', '?state=', '?state=%ff&state=x', '?error=access_denied'].map(
      (query) => `/connect/oauth/callback${query}`,
    ),
    isText: true,
    shape: anyText,
    statuses: (status) => status === 303,
  },
  'GET /api/audiences': asked('audiences', '', '?workspace=acme'),
  'POST /api/dead-letters/redeliver': { samples: LETTERS },
  'POST /api/dead-letters/drop': { samples: LETTERS },
  'POST /api/dead-letters/preview': { samples: [{ key: 'k' }, {}] },
  'POST /api/waiting/drop': { samples: [{ workspace: 'nobody', target: 'gone' }, { workspace: 'nobody' }] },
  'POST /api/session': { samples: [{ token: 'wrong' }, { link: 'wrong' }, {}] },
  'POST /api/tester': { samples: TRIED },
  'POST /api/tester/send': { samples: TRIED },
  'POST /api/settings/preview': { samples: EDITS },
  'POST /api/settings/save': { samples: EDITS },
  'POST /api/settings/undo': { samples: [{ id: '../../x', version: 'v' }] },
};

/** All below /api, /connect and /console, and the description itself. @param declared of the manifest */
export function operatorRoutes(
  declared: readonly { readonly method: string; readonly path: string }[],
): readonly FuzzRoute[] {
  return declared
    .filter(({ path }) => /^\/(?:api|connect|console|openapi\.json)(?:\/|$)/.test(path))
    .map(({ method, path }) => {
      const name = `${method} ${path}`;
      const codes = codesOf(path, method);
      const isOfBodies = method === 'POST' && codes.includes('BODY_NOT_JSON');
      return route({
        route: name,
        samples: isOfBodies ? [{}] : [],
        proof: 'admin',
        weight: 1,
        shape: objectShape,
        ...PARTS[name],
        codes,
      });
    });
}
