// Segment Engage in the torture: people enter and leave audiences; at the end the lists must hold exactly those who are in.

import { setTimeout as sleep } from 'node:timers/promises';
import { highestUse } from '../../../testkit/call-windows.js';
import { CONSOLE_KEY, serveConsole } from '../../../testkit/console-stand-in.js';
import type { Random } from '../../../testkit/random.js';

const LISTS = ['early_birds', 'night_owls', 'regulars'] as const;
const PEOPLE = 80;
const EVENTS = 8;
const REST_MS = [100, 400] as const;
const SECRET = 'header-people';
/** That changes of a list wait for each other: little, so that there are more calls than the limit lets through. */
const WINDOW_MS = 200;
/** How often a call of the console is done, and its answer is lost. */
const LOST_ANSWERS = 0.05;
const PUSH_TIMEOUT_MS = 6_000;
const LIMIT_WINDOW_MS = 10_000;

/** The audiences' traffic. */
export interface People {
  /** Of their workspace. */
  readonly document: object;
  /** Pushes until it is enough, and then the last push until it is taken. @param url of the plugin */
  run(url: string, enough: AbortSignal, quit: AbortSignal): Promise<void>;
  /** From now on every call is answered. */
  heal(): void;
  readonly pushed: number;
  /** Calls of the console so far. */
  readonly calls: number;
  /** The most calls in any 10 s. */
  mostCalls(): number;
  /** Rules that calls broke: two at a time for a list, and more. */
  brokenRules(): readonly string[];
  /** People who are on a list and should not be, or the other way round. */
  wrongMembers(): readonly string[];
  close(): Promise<void>;
}

/** Starts the stand-in for the console. */
export async function startPeople(random: Random): Promise<People> {
  let isWell = false;
  const standIn = await serveConsole({
    now: Date.now,
    faultOf: () => (!isWell && random.chance(LOST_ANSWERS) ? 'reset after' : undefined),
  });
  const members = new Map(LISTS.map((list) => [list, new Map<string, boolean>()]));
  let made = 0;
  let pushed = 0;

  function nextChange() {
    const list = LISTS[random.whole(0, LISTS.length - 1)] ?? LISTS[0];
    const userId = `person-${random.whole(1, PEOPLE)}`;
    const isIn = random.chance(0.6);
    made += 1;
    const event = {
      type: 'identify',
      userId,
      messageId: `people-${made}`,
      // Of two changes at the same time it would not be clear which is the newer one.
      timestamp: new Date(Date.UTC(2026, 0, 1) + made).toISOString(),
      traits: { [list]: isIn },
      context: { personas: { computation_class: 'audience', computation_key: list } },
    };
    return { event, list, userId, isIn };
  }

  async function isTaken(url: string, body: string): Promise<boolean> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${SECRET}` };
    const asking = fetch(`${url}/segment/people`, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(PUSH_TIMEOUT_MS),
    });
    return asking.then(
      async (response) => {
        await response.text();
        return response.ok;
      },
      () => false,
    );
  }

  return {
    document: {
      id: 'people',
      consoleKey: CONSOLE_KEY,
      consoleUrl: standIn.url,
      segment: { headerSecrets: [SECRET] },
      audiences: { createMissing: true, windowMs: WINDOW_MS },
    },
    async run(url, enough, quit) {
      while (!enough.aborted) {
        const changes = Array.from({ length: EVENTS }, nextChange);
        const body = JSON.stringify(changes.map(({ event }) => event));
        while (!quit.aborted && !(await isTaken(url, body))) await sleep(random.whole(...REST_MS));
        for (const { list, userId, isIn } of changes) members.get(list)?.set(userId, isIn);
        pushed += EVENTS;
        await sleep(random.whole(...REST_MS));
      }
    },
    heal() {
      isWell = true;
    },
    get pushed() {
      return pushed;
    },
    get calls() {
      return standIn.calls.length;
    },
    mostCalls: () =>
      highestUse(
        standIn.calls.map(({ at }) => at),
        LIMIT_WINDOW_MS,
      ),
    brokenRules: () => standIn.broken.map(String),
    wrongMembers: () =>
      [...members].flatMap(([list, states]) => {
        const on = new Set(standIn.idsOn(list));
        const wrong = [...states].filter(([id, isIn]) => on.has(id) !== isIn).map(([id]) => id);
        const unknown = [...on].filter((id) => !states.has(id));
        return [...wrong, ...unknown].map((id) => `${id} of ${list}`);
      }),
    close: standIn.close,
  };
}
