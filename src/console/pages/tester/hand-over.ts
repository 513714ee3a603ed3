// An event that another page hands over: of the live log, of a dead letter, or in the address.

import type { LiveDetails } from '../../../operate/live/shapes.js';
import type { TesterSource } from '../../../operate/tester/shapes.js';
import { get, post, withQuery } from '../../api.js';
import { parseJson } from '../../json.js';

/** What the page begins with. */
export interface HandedOver {
  readonly source: TesterSource;
  readonly workspace?: string;
  readonly body: unknown;
  /** Where it comes from, in words. */
  readonly from: string;
}

const SOURCES: readonly string[] = ['segment', 'tracking-api', 'rudderstack', 'statsig'] satisfies TesterSource[];

export const isSource = (value: unknown): value is TesterSource => typeof value === 'string' && SOURCES.includes(value);

/** As much of a dead letter as is needed. */
interface Letter {
  readonly letter: { readonly workspaceId: string };
  readonly original:
    | { readonly known: true; readonly source: string; readonly event: unknown }
    | { readonly known: false; readonly why: string };
}

async function ofEntry(id: string): Promise<HandedOver> {
  const { tester, eventNote } = await get<LiveDetails>(withQuery('/api/live/entry', { id }));
  if (tester === undefined) throw new Error(eventNote ?? 'The event is not kept any more.');
  return { ...tester, from: 'the live log' };
}

async function ofLetter(key: string): Promise<HandedOver> {
  const { letter, original } = await post<Letter>('/api/dead-letters/preview', { key });
  if (!original.known) throw new Error(original.why);
  if (!isSource(original.source)) throw new Error(`An event of ${original.source} cannot be tried.`);
  return { source: original.source, workspace: letter.workspaceId, body: original.event, from: 'a dead letter' };
}

/** What the address hands over; `undefined` where it hands over nothing. @throws Error in words for the reader */
export async function handedOver(query: URLSearchParams): Promise<HandedOver | undefined> {
  const [entry, letter, source, body] = ['entry', 'letter', 'source', 'body'].map((name) => query.get(name));
  if (entry) return ofEntry(entry);
  if (letter) return ofLetter(letter);
  if (!isSource(source) || !body) return undefined;
  const workspace = query.get('workspace');
  return { source, body: parseJson(body) ?? body, from: 'the address', ...(workspace && { workspace }) };
}
