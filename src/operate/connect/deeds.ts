// Deeds of connecting: each in a thread of its own, which has the token and ends with the deed. What is kept of it is what people see.

import { randomUUID } from 'node:crypto';
import { PluginError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { EpochMs } from '../../base/time.js';
import type { Arrival } from '../../connect/arrival.js';
import type { EventToExpect } from './expect-event.js';
import type { ConnectOrder, ConnectPlace, FromThread, ThreadData, ToThread } from './messages.js';
import type { ConnectDeed, ConnectGo, ConnectProblem, ConnectState, ConnectVerb } from './shapes.js';

/** A thread that does a deed. */
export interface DeedThread {
  tell(message: ToThread): void;
  /** Ends it at once. */
  end(): Promise<void>;
}

/** What is told of a thread. */
export interface ThreadWatch {
  readonly told: (message: FromThread) => void;
  /** It is gone. */
  readonly gone: () => void;
}

/** Starts a thread. */
export type StartThread = (data: ThreadData, watch: ThreadWatch) => DeedThread;

/** What deeds work with. */
export interface DeedsDeps {
  readonly place: Omit<ConnectPlace, 'recentEvents'>;
  /** Events of a workspace as they were received lately. */
  readonly recentEvents: (workspace: string) => readonly unknown[];
  readonly startThread: StartThread;
  /** Watches for an event, from the moment it returns. @returns stops watching */
  readonly expectEvent: (event: EventToExpect, told: (arrival: Arrival) => void) => () => void;
  /** By the system's clock. */
  readonly now: () => EpochMs;
  readonly log: Logger;
}

/** Threads at a time: each has some ten megabytes, and a token. */
export const MAX_THREADS = 4;

/** Deeds that can be asked about. */
export const MAX_KEPT = 20;

/** Milliseconds that a thread may be there, whatever it waits for. */
const MOST_MS = 600_000;

interface Kept {
  deed: ConnectDeed;
  thread: DeedThread | undefined;
  timer: NodeJS.Timeout | undefined;
  /** By which the one who allows it is known. */
  consentState: string | undefined;
  stopExpecting: () => void;
}

const CHANGING: ReadonlySet<ConnectVerb> = new Set(['apply', 'undo']);

const OVERDUE: ConnectProblem = {
  code: 'stopped',
  message: 'It took more than ten minutes and was ended. Do it again: it goes on where it was.',
};
const ENDED: ConnectProblem = {
  code: 'stopped',
  message: 'It was ended. Do it again: it goes on where it was.',
};
const FAULT: ConnectProblem = {
  code: 'fault',
  message: 'The program has failed at this. Do it again: it goes on where it was. If it stays, report it.',
};

/** Deeds of the process. In memory: after a restart nothing is known of them, and the same deed goes on from what was made. */
export class ConnectDeeds {
  readonly #deps: DeedsDeps;
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();

  constructor(deps: DeedsDeps) {
    this.#deps = deps;
  }

  /** The newest first. */
  list(): readonly ConnectDeed[] {
    return [...this.#kept.values()].map(({ deed }) => deed).reverse();
  }

  /** @throws PluginError CONNECT_DEED_UNKNOWN */
  find(id: string): ConnectDeed {
    return this.#find(id).deed;
  }

  #find(id: string): Kept {
    const kept = this.#kept.get(id);
    if (kept === undefined) throw new PluginError('CONNECT_DEED_UNKNOWN');
    return kept;
  }

  /** @throws PluginError CONNECT_BUSY, CONNECT_FULL */
  begin(order: ConnectOrder): ConnectDeed {
    const { way, asked } = order;
    const { workspace } = asked;
    const verb = 'verb' in asked ? asked.verb : 'plan';
    this.#assertFree(workspace, verb);
    const underWay = [...this.#kept.values()].filter(({ thread }) => thread !== undefined);
    if (underWay.length >= MAX_THREADS) throw new PluginError('CONNECT_FULL');
    const { place, recentEvents, startThread, now, log } = this.#deps;
    const deed: ConnectDeed = {
      ...{ id: randomUUID(), way, verb, workspace },
      ...{ state: 'running', beganAt: now(), reports: [] },
    };
    const kept: Kept = { deed, thread: undefined, timer: undefined, consentState: undefined, stopExpecting() {} };
    this.#kept.set(deed.id, kept);
    this.#forgetOldest();
    if (CHANGING.has(verb)) log.info({ way, verb, workspace }, 'Connecting has begun');
    kept.timer = setTimeout(() => this.#end(kept, 'stopped', OVERDUE), MOST_MS).unref();
    kept.thread = startThread(
      { order, place: { ...place, recentEvents: way === 'statsig' ? recentEvents(workspace) : [] } },
      {
        told: (message) => this.#told(kept, message),
        gone: () => this.#end(kept, 'failed', FAULT),
      },
    );
    return kept.deed;
  }

  /** Two that change the same settings would each undo what the other writes. */
  #assertFree(workspace: string, verb: ConnectVerb): void {
    if (!CHANGING.has(verb)) return;
    for (const { deed, thread } of this.#kept.values())
      if (thread !== undefined && deed.workspace === workspace && deed.state === 'running' && CHANGING.has(deed.verb))
        throw new PluginError('CONNECT_BUSY', `${deed.verb} of ${deed.way} for the workspace ${workspace}`);
  }

  #forgetOldest(): void {
    for (const [id, { thread }] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT) return;
      if (thread === undefined) this.#kept.delete(id);
    }
  }

  /** Lets one that is ready go on. @throws PluginError CONNECT_DEED_UNKNOWN, CONNECT_BUSY */
  goOn({ id, verb }: ConnectGo): ConnectDeed {
    const kept = this.#find(id);
    if (kept.deed.state !== 'ready') throw new PluginError('CONNECT_BUSY', `the deed is ${kept.deed.state}`);
    const { way, workspace } = kept.deed;
    this.#assertFree(workspace, verb);
    const isChanging = CHANGING.has(verb);
    if (isChanging) this.#deps.log.info({ way, verb, workspace }, 'Connecting has begun');
    // Another plan takes the place of this one.
    const { steps = [], ...deed } = kept.deed;
    kept.deed = { ...deed, verb, state: 'running', reports: [], ...(isChanging && { steps }) };
    kept.thread?.tell({ is: 'go', verb });
    return kept.deed;
  }

  /** Ends one. @throws PluginError CONNECT_DEED_UNKNOWN */
  stop(id: string): ConnectDeed {
    const kept = this.#find(id);
    this.#end(kept, 'stopped', ENDED);
    return kept.deed;
  }

  /** Somebody comes back from the page on which they were asked. @returns false where none waits for them */
  takeConsent(query: string): boolean {
    const state = new URLSearchParams(query).get('state');
    if (state === null || state === '') return false;
    for (const kept of this.#kept.values()) {
      if (kept.consentState !== state || kept.thread === undefined) continue;
      // It counts once.
      kept.consentState = undefined;
      const { consentUrl: _, ...deed } = kept.deed;
      kept.deed = { ...deed, state: 'running' };
      kept.thread.tell({ is: 'consent', query });
      return true;
    }
    return false;
  }

  #told(kept: Kept, message: FromThread): void {
    if (kept.thread === undefined) return;
    const { deed } = kept;
    switch (message.is) {
      case 'found':
        kept.deed = { ...deed, found: message.found };
        return;
      case 'planned':
        kept.deed = { ...deed, steps: message.steps };
        return;
      case 'report':
        kept.deed = { ...deed, reports: [...deed.reports, message.report] };
        return;
      case 'consent':
        kept.consentState = message.state;
        kept.deed = { ...deed, state: 'consent', consentUrl: message.url };
        return;
      case 'expect':
        kept.stopExpecting = this.#deps.expectEvent(message.event, (arrival) =>
          kept.thread?.tell({ is: 'arrival', arrival }),
        );
        kept.thread.tell({ is: 'watched' });
        return;
      case 'ready':
        kept.deed = { ...deed, state: 'ready' };
        return;
      case 'done':
        this.#end(kept, 'done');
        return;
      case 'failed':
        if (message.detail !== undefined) this.#deps.log.error({ detail: message.detail }, 'Connecting has failed');
        this.#end(kept, 'failed', message.code === 'fault' ? FAULT : { code: message.code, message: message.message });
    }
  }

  #end(kept: Kept, state: ConnectState, problem?: ConnectProblem): void {
    const { thread, timer } = kept;
    if (thread === undefined) return;
    kept.thread = undefined;
    kept.consentState = undefined;
    kept.stopExpecting();
    clearTimeout(timer);
    const { consentUrl: _, ...deed } = kept.deed;
    kept.deed = { ...deed, state, endedAt: this.#deps.now(), ...(problem !== undefined && { problem }) };
    const { way, verb, workspace } = deed;
    if (CHANGING.has(verb))
      this.#deps.log.info({ way, verb, workspace, state, code: problem?.code }, 'Connecting is over');
    void thread.end();
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    const threads = [...this.#kept.values()].flatMap(({ thread }) => thread ?? []);
    for (const kept of this.#kept.values()) this.#end(kept, 'stopped', ENDED);
    await Promise.all(threads.map((thread) => thread.end()));
  }
}
