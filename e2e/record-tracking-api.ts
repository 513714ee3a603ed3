// What is around a plugin whose Tracking API is recorded: a Statsig that takes events, and the settings that send them there through the recorder.

import { freePort } from '../testkit/free-port.js';
import { type RecordPlace, receiversAt } from './record-place.js';
import { startStatsig } from './statsig-stand-in.js';

const STATSIG_KEY = 'secret-example';

/** The write key that the plugin knows. */
export const WRITE_KEY = 'recorded-write-key';

/** @returns the Statsig, a port for the plugin and its settings document, and whom the recorder stands before */
export async function prepareTrackingApi({ resources }: Pick<RecordPlace, 'resources'>) {
  const statsig = await startStatsig(
    STATSIG_KEY,
    () => undefined,
    () => 0,
  );
  resources.add(statsig.close);
  const { receivers, taps } = await receiversAt({ statsig: statsig.url });
  const document = {
    id: 'recorded',
    secretKey: STATSIG_KEY,
    eventsUrl: taps.statsig,
    trackingApi: { writeKeys: [WRITE_KEY] },
  };
  return { statsig, port: await freePort(), receivers, document };
}
