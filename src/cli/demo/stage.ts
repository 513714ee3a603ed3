// The demo's stage: stand-ins for all that the plugin talks to, and the plugin itself, on loopback, with settings and outbox in a folder that goes with it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createSegmentStandIn, type SegmentStandIn } from '../../contract/stand-ins/segment-stand-in.js';
import type { DecideAnswer, StandIn } from '../../contract/stand-ins/stand-in.js';
import { createStatsigStandIn, type StatsigStandIn } from '../../contract/stand-ins/statsig-stand-in.js';
import { createUpstreamStandIn } from '../../contract/stand-ins/upstream-stand-in.js';
import { startServer } from '../../server/server.js';

/** Everything that the settings call a secret. None of them is one: nothing outside knows them. */
export const DEMO = {
  workspace: 'demo',
  writeKey: 'demo-write-key',
  headerSecret: 'demo-header-secret',
  signingSecret: 'demo-signing-secret',
  audience: 'vip_customers',
} as const;

/** Who stands in for whom. */
export interface Places {
  readonly statsig: StatsigStandIn;
  readonly segment: SegmentStandIn;
  readonly rudderstack: SegmentStandIn;
  readonly transformer: StandIn;
}

/** What is on the stage. */
export interface Stage {
  /** Of the plugin. */
  readonly url: string;
  readonly places: Places;
  /** The settings document of the plugin. */
  readonly settingsFile: string;
  /** Stops all of it and removes the folder. */
  close(): Promise<void>;
}

function settingsOf({ statsig, segment, rudderstack }: Places): object {
  return {
    id: DEMO.workspace,
    secretKey: 'secret-demo',
    consoleKey: 'console-demo',
    eventsUrl: statsig.url,
    apiUrl: statsig.url,
    consoleUrl: statsig.url,
    identifierMappings: [{ from: 'anonymousId', to: 'segmentAnonymousId' }],
    trackingApi: { writeKeys: [DEMO.writeKey] },
    segment: { headerSecrets: [DEMO.headerSecret] },
    audiences: { windowMs: 100 },
    outbound: {
      signingSecrets: [DEMO.signingSecret],
      targets: [
        { name: 'segment', writeKey: 'segment-demo', host: segment.url },
        { name: 'rudderstack', writeKey: 'rudderstack-demo', host: rudderstack.url },
      ],
    },
  };
}

/**
 * Sets the stage.
 *
 * @param hear told each request that arrives at a stand-in, before it is answered
 * @throws the system's error where something cannot listen or be written
 */
export async function openStage(hear: (place: keyof Places) => DecideAnswer): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'statsig-cdp-demo-'));
  const opened: { close(): Promise<void> }[] = [{ close: () => rm(folder, { recursive: true, force: true }) }];
  const close = async () => {
    for (const each of opened.reverse()) await each.close();
  };
  const keep = <Opened extends { close(): Promise<void> }>(each: Opened): Opened => {
    opened.push(each);
    return each;
  };
  try {
    const places = {
      statsig: keep(await createStatsigStandIn({ answer: hear('statsig') })),
      segment: keep(await createSegmentStandIn({ answer: hear('segment') })),
      rudderstack: keep(await createSegmentStandIn({ as: 'rudderstack', answer: hear('rudderstack') })),
      transformer: keep(await createUpstreamStandIn({ answer: hear('transformer') })),
    };
    places.statsig.makeList(DEMO.audience);
    const settingsFile = join(folder, 'settings.yaml');
    await writeFile(settingsFile, stringify(settingsOf(places)));
    const { port, stop } = await startServer(
      {
        HOST: '127.0.0.1',
        PORT: '0',
        SINGLE_PORT: 'true',
        STATSIG_CDP_SETTINGS: settingsFile,
        OUTBOX_DIRECTORY: join(folder, 'outbox'),
        UPSTREAM_TRANSFORMER_URL: places.transformer.url,
        OUTBOX_RESERVE_BYTES: '0',
      },
      // What the demo shows is what it is about.
      () => {},
    );
    keep({ close: stop });
    return { url: `http://127.0.0.1:${port}`, places, settingsFile, close };
  } catch (error) {
    await close();
    throw error;
  }
}
