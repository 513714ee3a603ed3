// Finds addresses that hold what is appended to them, and those to which keys would go for everybody to read.

import { describedValues } from '../settings-schema.js';
import type { Mistake } from './mistake.js';
import { isOwnNetwork } from './own-network.js';

/** What is appended to each base URL. */
const APPENDED: Readonly<Record<string, string>> = {
  eventsUrl: '/v1/log_event',
  apiUrl: '/v1/webhooks/rudderstack',
  consoleUrl: '/console/v1',
};

/** The longest beginning of `route`, by whole steps, that the path ends with. */
function repeated(path: string, route: string): string | undefined {
  const trimmed = path.replace(/(?<!\/)\/+$/, '');
  for (let end = route.length; end > 0; end = route.lastIndexOf('/', end - 1)) {
    const part = route.slice(0, end);
    if (trimmed.endsWith(part)) return part;
  }
  return undefined;
}

/** Where people look at Statsig; it takes no requests of programs. */
const WEB_CONSOLE = 'console.statsig.com';

function* ofUrl(name: string, url: URL): Generator<Omit<Mistake, 'at'>, void> {
  const route = APPENDED[name];
  const held = route === undefined ? undefined : repeated(url.pathname, route);
  if (held !== undefined)
    yield {
      // A proxy of one's own may really have such a path.
      kind: held === '/v1' || held === '/console' ? 'warning' : 'fault',
      message: `must end before ${held}: ${route} is appended to it`,
    };
  if (url.hostname === WEB_CONSOLE)
    yield { kind: 'fault', message: "is Statsig's web console, which answers no program: leave this setting out" };
  if (url.protocol === 'http:' && !isOwnNetwork(url.hostname))
    yield { kind: 'warning', message: 'sends the key unencrypted over the internet: write https://' };
}

/** Mistakes in the base URLs of every depth of the settings. */
export function* findUrlMistakes(settings: object): Generator<Mistake, void> {
  for (const { at, schema, value } of describedValues(settings)) {
    if (!schema.pattern?.startsWith('^https?://') || typeof value !== 'string' || !URL.canParse(value)) continue;
    const name = String(at.at(-1));
    for (const mistake of ofUrl(name, new URL(value))) yield { ...mistake, at };
  }
}
