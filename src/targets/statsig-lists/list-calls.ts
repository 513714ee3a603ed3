// Keeps the last calls about each list, in memory, so that people see what was asked and answered.

import { growingCache } from '../../base/growing-cache.js';
import { ownText } from '../../base/own-text.js';
import type { EpochMs } from '../../base/time.js';
import type { ConsoleCall } from '../../statsig/console-api.js';
import type { ConsoleClient } from './console-client.js';
import type { ListName } from './membership-records.js';

/** A call of the Console API about one list. */
export interface ListCall {
  readonly at: EpochMs;
  /** `look` at it, `make` it, `add` ids, `remove` ids. */
  readonly what: 'look' | 'make' | 'add' | 'remove';
  /** How many ids it was about. */
  readonly ids: number;
  /** Absent where no answer came. */
  readonly status?: number;
  /** Its beginning, without anything secret. */
  readonly answer: string;
}

/** The last calls. */
export interface ListCalls {
  /** The newest first. */
  of(list: ListName): readonly ListCall[];
  /** The client, of whose calls about this list is kept what came of them. */
  watch(list: ListName, client: ConsoleClient): ConsoleClient;
}

/** Lists whose calls are kept: those that were changed last. */
const MAX_LISTS = 500;
const MAX_CALLS = 10;
const MAX_ANSWER = 500;

const DEEDS: Readonly<Record<string, ListCall['what']>> = { GET: 'look', POST: 'make', PATCH: 'add', DELETE: 'remove' };

/** A call that changes ids has them as `changes`. */
const idsIn = (call: ConsoleCall & { readonly changes?: readonly unknown[] }) => call.changes?.length ?? 0;

/** Keeps nothing of ids, and nothing on disk. @param now the time by which people date it */
export function createListCalls(now: () => EpochMs): ListCalls {
  const kept = growingCache<readonly ListCall[]>(MAX_LISTS);
  const nameOf = ({ workspaceId, listId }: ListName) => JSON.stringify([workspaceId, listId]);

  function keep(list: ListName, call: ListCall): void {
    const name = nameOf(list);
    kept.set(name, [call, ...(kept.get(name) ?? [])].slice(0, MAX_CALLS));
  }

  return {
    of: (list) => kept.get(nameOf(list)) ?? [],
    watch: (list, client) => ({
      ...client,
      async call(call, signal) {
        const at = now();
        const answer = await client.call(call, signal);
        if (answer.kind === 'later') return answer;
        const about = { at, what: DEEDS[call.method] ?? 'look', ids: idsIn(call) };
        if (answer.kind === 'answered')
          keep(list, { ...about, status: answer.status, answer: ownText(answer.body, MAX_ANSWER) });
        else keep(list, { ...about, answer: answer.message });
        return answer;
      },
    }),
  };
}
