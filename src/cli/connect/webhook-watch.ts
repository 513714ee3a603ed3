// Sees at a running process that Statsig's event webhook works, by its live log.

import { ConnectError } from '../../connect/connection.js';
import type { WebhookSign, WebhookWatch } from '../../connect/statsig/options.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import type { LiveEntry, LiveList } from '../../operate/live/shapes.js';
import { type FollowEnd, followStream } from '../follow-stream.js';
import { askForObject, CommandError, type RunningProcess } from '../running-process.js';
import { judgeWebhook } from './judge-webhook.js';

/** How it is looked. */
export interface WatchOptions {
  /** The process that is asked. @throws CommandError */
  readonly find: () => RunningProcess;
  /** Milliseconds for each sign. 0: no one waits. */
  readonly waitMs: number;
  /** Tells when so many milliseconds are over. */
  readonly after?: (ms: number) => AbortSignal;
  /** Ends waiting. */
  readonly signal: AbortSignal;
  /** Told, while it is waited, what else came. A sentence for people. */
  readonly notice: (text: string) => void;
}

const PROTOCOL = 'statsig';

/** Entries of before that are looked through. */
const BEFORE = '1000';

/** What the absence of a sign may mean. */
const WITHOUT: Readonly<Record<WebhookSign, string>> = {
  handshake:
    'Statsig has not asked. It asks as soon as Enable is clicked; where it shows an error then, the address is not reachable from the internet over HTTPS, or leads to PORT and not to PUBLIC_PORT. Of several processes behind the address the one that is looked at (--url) may not be the one that was asked.',
  event:
    'No signed event came. Statsig posts what happens from now on: evaluate a gate or log an event, and look at Event Filtering of the card.',
};

async function listEntries(peer: RunningProcess, query: Readonly<Record<string, string>>): Promise<LiveList> {
  // What answers is this program: its list is described in openapi.json.
  return (await askForObject(peer, 'live', { query: new URLSearchParams(query) })) as unknown as LiveList;
}

function stopped(): ConnectError {
  return new ConnectError('stopped', 'It was ended before it came. Run it again: it goes on where it was.');
}

/** Looks at the process that is found, if there is one. */
export function watchWebhook({
  find,
  waitMs,
  after = (ms) => AbortSignal.timeout(ms),
  signal,
  notice,
}: WatchOptions): WebhookWatch {
  /** Where the stream goes on: of a question what came since `seen` counts. */
  let cursor: string | undefined;

  async function detailsOf(peer: RunningProcess, { id }: LiveEntry): Promise<JsonObject> {
    const answer = await askForObject(peer, 'liveEntry', { query: new URLSearchParams({ id }) }).catch((error) => {
      if (error instanceof CommandError) return {};
      throw error;
    });
    return 'refusal' in answer && isJsonObject(answer.refusal) ? answer.refusal : {};
  }

  async function follow(peer: RunningProcess, sign: WebhookSign, workspace: string): Promise<FollowEnd | 'late'> {
    const late = after(waitMs);
    const query = new URLSearchParams({ protocol: PROTOCOL, ...(cursor !== undefined && { after: cursor }) });
    const told = new Set<string>();
    let last = '';
    const judge = async (entry: LiveEntry): Promise<boolean> => {
      const judged = await judgeWebhook(entry, workspace, (each) => detailsOf(peer, each));
      if (judged.kind === 'trouble') {
        last = judged.text;
        if (!told.has(last)) notice(last);
        told.add(last);
      }
      // An event that is let in says that the URL is right, too.
      return judged.kind === sign || judged.kind === 'event';
    };
    const end = await followStream(
      peer,
      { query, signal: AbortSignal.any([signal, late]) },
      {
        async entries(entries) {
          for (const entry of entries) if (await judge(entry)) return false;
          return true;
        },
        notice: () => {},
      },
    );
    if (end !== 'stopped') return end;
    if (signal.aborted) throw stopped();
    throw new ConnectError(
      'unavailable',
      `Waited ${Math.round(waitMs / 1000)} s. ${last === '' ? WITHOUT[sign] : last}`,
    );
  }

  /** @returns undefined where there is no one to ask */
  async function ask<Answer>(
    action: (peer: RunningProcess) => Promise<Answer>,
  ): Promise<Answer | { readonly problem: string }> {
    try {
      return await action(find());
    } catch (error) {
      if (error instanceof CommandError) return { problem: error.message };
      throw error;
    }
  }

  return {
    async seen(workspace) {
      const found = await ask((peer) => listEntries(peer, { protocol: PROTOCOL, workspace, limit: BEFORE }));
      if ('problem' in found) return {};
      cursor = found.cursor;
      const seen: { [sign in WebhookSign]?: number } = {};
      for (const entry of found.entries) {
        const { kind } = await judgeWebhook(entry, workspace, async () => ({}));
        if (kind === 'handshake' || kind === 'event') seen[kind] = entry.at;
      }
      return seen;
    },
    async waitFor(sign, workspace) {
      if (waitMs === 0) return { result: 'by-hand', problem: 'It was not waited for: --wait SECONDS does.' };
      // What came before the secret was there says nothing of it.
      const end = await ask(async (peer) => {
        if (sign === 'event') ({ cursor } = await listEntries(peer, { protocol: PROTOCOL, limit: '0' }));
        return follow(peer, sign, workspace);
      });
      if (typeof end === 'object') return { result: 'by-hand', problem: `No one waits. ${end.problem}` };
      if (end === 'off')
        return { result: 'by-hand', problem: 'The process keeps no live log (LIVE_LOG is off): look at its log.' };
      return undefined;
    },
  };
}
