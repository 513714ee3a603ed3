// The rows about the Tracking API: events to disk, against the same handler without the disk.

import { serve } from '../../testkit/loopback.js';
import { syncsPerSecond } from '../ingest/disk-speed.js';
import { judgeByBaseline, nameOfBaseline } from './baseline.js';
import type { FormName } from './forms.js';
import { judge } from './ratios.js';
import { printRatios, printRounds } from './report.js';
import { type Contender, runRounds } from './rounds.js';
import type { Row } from './row.js';
import { DEAD, type Server, startBaseline, startOurs, startTrackingFloor } from './servers.js';
import { spreadOf, spreadText } from './spread.js';

const CONNECTIONS = 64;

function trackingRow(form: FormName, events: number, goalPerSecond: number, goalRatio: number | undefined): Row {
  const id = events === 1 ? 'tracking-single' : `tracking-${events}`;
  const title = events === 1 ? 'single events' : `batches of ${events}`;
  return {
    id,
    title: `Tracking API, ${title}, to disk, ${CONNECTIONS} connections`,
    async run(bench) {
      const { directory, baseline } = bench.options;
      const statsig = await serve((request, response) => {
        request.resume();
        request.once('end', () => response.writeHead(202).end('{"success":true}'));
      });
      console.log(`  the disk syncs ${syncsPerSecond(directory).toFixed(0)} times/s`);
      // Each measurement has a process of its own: what waits from the one before would be delivered in the next.
      const contender = (name: string, start: () => Promise<Server>): Contender => ({
        name,
        load: { form, content: 'converted', eventsPerCall: events, connections: CONNECTIONS },
        server: start,
        release: (server) => server.close(),
        fault: (answer) => (answer.includes('"success":true') ? undefined : answer),
      });
      try {
        const toDisk = [
          { name: 'to disk', eventsUrl: statsig.url },
          { name: 'to disk, Statsig dead', eventsUrl: DEAD },
        ];
        const rounds = await runRounds(bench, id, [
          ...toDisk.flatMap(({ name, eventsUrl }) => [
            contender(name, () => startOurs({ directory, eventsUrl })),
            ...(baseline === undefined
              ? []
              : [contender(nameOfBaseline(name), () => startBaseline(baseline, { directory, eventsUrl }))]),
          ]),
          contender('without the disk', () => startTrackingFloor({ directory })),
        ]);
        printRounds(rounds);
        printRatios(rounds, 'to disk', 'without the disk');
        printRatios(rounds, 'to disk, Statsig dead', 'without the disk');
        const rate = spreadOf((rounds.get('to disk') ?? []).map(({ eventsPerSecond }) => eventsPerSecond));
        const rateVerdict = {
          goal: `to disk: >= ${goalPerSecond} events/s`,
          measured: spreadText(rate, 0),
          reached: rate.median >= goalPerSecond,
        };
        const byBaseline = toDisk.flatMap(({ name }) => judgeByBaseline(rounds, name, 'eventsPerSecond'));
        if (goalRatio === undefined) return [rateVerdict, ...byBaseline];
        const to = { of: 'to disk', to: 'without the disk', by: 'eventsPerSecond', atLeast: goalRatio } as const;
        return [rateVerdict, judge(rounds, to), ...byBaseline];
      } finally {
        await statsig.close();
      }
    },
  };
}

export const trackingRows: readonly Row[] = [
  trackingRow('single', 1, 5_000, 0.5),
  trackingRow('batch', 100, 20_000, undefined),
];
