// What a stand-in of the torture does with a request: well, badly, or not at all.

import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../testkit/random.js';

/** How often a stand-in does what. `accept` and `accept late` become 413 or 400 when the request is too large or holds a poison event. */
export const STATSIG_WEIGHTS = {
  accept: 80,
  'accept late': 16,
  'accept, then reset': 8,
  'accept, then cut off': 4,
  'accept, then hang': 1,
  '307': 0,
  '408': 0,
  '429': 4,
  '500': 4,
  '503': 4,
  'garbage 200': 4,
  'success false': 2,
  'reset unread': 4,
  hang: 1,
  'accept after 9 s': 0,
  'half-close': 0,
  'long yes': 0,
  'odd no': 0,
  'null 200': 0,
  'refuse all': 0,
};

/** How often what is done. */
export type Weights = Readonly<typeof STATSIG_WEIGHTS>;
/** What was done. */
export type Deed = keyof Weights | '413' | '400';

/** Segment and RudderStack say yes in words of their own, so that any 2xx is one. */
export const SEGMENT_WEIGHTS: Weights = {
  ...STATSIG_WEIGHTS,
  '307': 2,
  '408': 2,
  'garbage 200': 0,
  'success false': 0,
};

const TAKEN: ReadonlySet<Deed> = new Set<Deed>([
  'accept',
  'accept late',
  'accept, then reset',
  'accept, then cut off',
  'accept, then hang',
  'accept after 9 s',
  'long yes',
]);

/** True when the stand-in has the events of the request. */
export function isTaken({ deed }: { readonly deed: Deed }): boolean {
  return TAKEN.has(deed);
}

/** True when the plugin cannot know that the stand-in has the events. */
export function isCutOff({ deed }: { readonly deed: Deed }): boolean {
  return deed === 'accept, then reset' || deed === 'accept, then cut off' || deed === 'accept, then hang';
}

const ANSWERS: Partial<Record<Deed, readonly [status: number, body: string, headers?: Record<string, string>]>> = {
  accept: [202, '{"success":true}'],
  'accept late': [202, '{"success":true}'],
  'accept after 9 s': [202, '{"success":true}'],
  '307': [307, '', { location: '/elsewhere' }],
  '408': [408, ''],
  '429': [429, '{"error":"slow down"}', { 'retry-after': '1' }],
  '500': [500, 'boom'],
  '503': [503, ''],
  '413': [413, '{"error":"too large"}'],
  '400': [400, '{"error":"an event is poisoned"}'],
  'garbage 200': [200, '<html>Welcome to the proxy</html>'],
  'success false': [200, '{"success":false}'],
  'long yes': [202, `{"success":true,"note":"${'x'.repeat(100_000)}"}`],
  'odd no': [200, '[{"success":false},{"error":"nothing was stored"}]'],
  'null 200': [200, 'null'],
  'refuse all': [400, '{"error":"the gateway takes nothing"}'],
};

/** A stand-in's mood. */
export interface Mood {
  /** Decides. @param hasPoison whether the request holds an event that is never taken */
  decide(isTooLarge: boolean, hasPoison: boolean): Deed;
  /** Resolves when the answer is on its way. */
  act(deed: Deed, response: ServerResponse): Promise<void>;
  /** From now on all is taken but what is too large or poisoned; what hangs is reset. */
  heal(): void;
}

/** @param weights how often it does what */
export function createMood(weights: Weights, random: Random): Mood {
  const hanging = new Set<ServerResponse>();
  let healthy = false;

  return {
    decide(isTooLarge, hasPoison) {
      const drawn: Deed = healthy ? 'accept' : random.weighted(weights);
      if (!TAKEN.has(drawn)) return drawn;
      if (isTooLarge) return '413';
      return hasPoison ? '400' : drawn;
    },
    async act(deed, response) {
      const [status, body, headers] = ANSWERS[deed] ?? [];
      if (deed === 'accept late') await sleep(random.whole(20, 800));
      if (deed === 'accept after 9 s') await sleep(9_000);
      if (status !== undefined) response.writeHead(status, headers).end(body);
      else if (deed === 'accept, then cut off') {
        response.writeHead(202, { 'content-length': '16' });
        response.write('{"succ', () => response.destroy());
      } else if (deed === 'half-close') response.socket?.end();
      else if (deed === 'hang' || deed === 'accept, then hang') hanging.add(response);
      else response.socket?.resetAndDestroy();
    },
    heal() {
      healthy = true;
      for (const response of hanging) response.socket?.resetAndDestroy();
    },
  };
}
