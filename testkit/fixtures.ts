// Events and settings out of the fixtures, for tests that mix them.

import type { Json } from '../src/contract/fixture.js';
import { isFields, type JsonFields } from '../src/contract/placeholders.js';
import { FIXTURES, readFixtures } from '../src/contract/read-fixtures.js';

/** An event and what the settings document of its workspace says of conversions. */
export interface EventFixture {
  readonly settings: JsonFields;
  readonly event: JsonFields;
}

/** What tells whose a document is, and where it sends. */
const OTHERS: ReadonlySet<string> = new Set([
  ...['id', 'rudderstack', 'segment', 'trackingApi', 'secretKey', 'consoleKey', 'signingSecrets', 'targets'],
]);

function withoutOthers(fields: JsonFields): JsonFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !OTHERS.has(name)));
}

function settingsOf(document: JsonFields): JsonFields {
  const { outbound, ...rest } = withoutOthers(document);
  return { ...rest, ...(isFields(outbound) && { outbound: withoutOthers(outbound) }) };
}

/** The event of a batch of one, of an element that RudderStack sends, or of a body. */
function eventOf(body: Json | undefined): JsonFields | undefined {
  const first = Array.isArray(body) ? body[0] : body;
  if (!isFields(first)) return undefined;
  return isFields(first.message) ? first.message : first;
}

/** The first event of every fixture of a folder below `fixtures/`, but not of the folders in it. */
export function readEventFixtures(folder: string): readonly EventFixture[] {
  return readFixtures(FIXTURES + folder).flatMap(({ file, fixture: { settings = [], exchanges } }) => {
    const event = eventOf(exchanges[0]?.request.body);
    if (event === undefined || file.includes('/')) return [];
    return [{ settings: settingsOf(settings[0] ?? {}), event }];
  });
}
