// Segment Engage: people enter and leave audiences; at the end the lists must hold exactly those who are in.

import { CONSOLE_KEY, type ConsoleFault, serveConsole } from '../../testkit/console-stand-in.js';
import type { Random } from '../../testkit/random.js';
import { makeTraffic, postTo, type Traffic } from './traffic.js';

const LISTS = ['early_birds'] as const;
const PEOPLE = 60;
const EVENTS = 10;
const REST_MS = 200;
const SECRET = 'header-soak';
/** Waits of a list that lingers. */
const WINDOW_MS = 1_000;

/** The audiences' traffic. */
export interface AudienceTraffic extends Traffic {
  /** Of their workspace. */
  readonly document: object;
  /** What goes wrong with the calls of the Console API from now on. */
  setFault(fault: ConsoleFault | undefined): void;
  /** To be called when all is delivered: the members that are wrong, and calls that broke a rule, go into `broken`. */
  compare(): void;
  close(): Promise<void>;
}

/** Starts the stand-in for the Console API. @param urlOf the process, once it runs */
export async function audiences(urlOf: () => string, random: Random): Promise<AudienceTraffic> {
  let fault: ConsoleFault | undefined;
  const standIn = await serveConsole({ now: Date.now, faultOf: () => fault });
  const members = new Map(LISTS.map((list) => [list, new Map<string, boolean>()]));
  let made = 0;

  function nextEvent() {
    const list = LISTS[random.whole(0, LISTS.length - 1)] ?? LISTS[0];
    const userId = `person-${random.whole(1, PEOPLE)}`;
    const isIn = random.chance(0.6);
    made += 1;
    const event = {
      type: 'identify',
      userId,
      messageId: `audience-${made}`,
      // Of two changes at the same time it would not be clear which is the newer one.
      timestamp: new Date(Date.UTC(2026, 0, 1) + made).toISOString(),
      traits: { [list]: isIn },
      context: { personas: { computation_class: 'audience', computation_key: list } },
    };
    return { event, list, userId, isIn };
  }

  const traffic = makeTraffic('audiences', REST_MS, async (tally) => {
    const changes = Array.from({ length: EVENTS }, nextEvent);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${SECRET}` };
    const body = JSON.stringify(changes.map(({ event }) => event));
    const { status, text } = await postTo(`${urlOf()}/segment/members`, body, headers);
    const { accepted }: { accepted?: number } = JSON.parse(text);
    if (status !== 200 || accepted !== EVENTS) throw new Error(`${status} ${text.slice(0, 300)}`);
    tally.in += EVENTS;
    for (const { list, userId, isIn } of changes) members.get(list)?.set(userId, isIn);
  });
  return {
    ...traffic,
    document: {
      id: 'members',
      consoleKey: CONSOLE_KEY,
      consoleUrl: standIn.url,
      segment: { headerSecrets: [SECRET] },
      audiences: { createMissing: true, windowMs: WINDOW_MS },
    },
    setFault(next) {
      fault = next;
    },
    compare() {
      const { tally } = traffic;
      let wrong = 0;
      for (const [list, states] of members) {
        const on = new Set(standIn.idsOn(list));
        for (const [id, isIn] of states) if (on.has(id) !== isIn) wrong += 1;
        for (const id of on) if (!states.has(id)) wrong += 1;
      }
      tally.out = tally.in - wrong;
      tally.broken.push(...standIn.broken.map(String));
    },
    close: standIn.close,
  };
}
