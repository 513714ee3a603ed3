// Reads what the path of an archived file says of it.

import type { EpochMs } from '../base/time.js';

/** As much as the layouts of archives say. */
export interface Layout {
  readonly cdp?: 'segment' | 'rudderstack';
  readonly sourceId?: string;
  /** When the last of its events was received at the latest. */
  readonly receivedBefore?: EpochMs;
}

const DAY_MS = 86_400_000;

/** `segment-logs/{source-id}/{received-day}/file.gz`; the day is "the UTC date unix timestamp", in seconds or milliseconds (Segment's documentation, Amazon S3). */
const SEGMENT = /(?:^|\/)segment-logs\/([^/]+)\/(\d{10}|\d{13})\/[^/]+$/;

/** `rudder-logs/{source id}/{day of the upload}/file.json.gz` of object storage destinations; the day is MM-DD-YYYY in older ones (rudder-server, batchrouter). */
const RUDDERSTACK_DESTINATION = /(?:^|\/)rudder-logs\/([^/]+)\/(\d{4}-\d\d-\d\d|\d\d-\d\d-\d{4})\/[^/]+$/;

/** `{source id}/gw/{day of the first event}/{hour}/{instance}/file.json.gz` of the gateway's dumps (rudder-server, archiver). */
const RUDDERSTACK_DUMP = /(?:^|\/)([^/]+)\/gw\/\d{4}-\d\d-\d\d\/\d{1,2}\/[^/]+\/[^/]+$/;

function endOfDay(start: EpochMs): { readonly receivedBefore?: EpochMs } {
  return Number.isNaN(start) ? {} : { receivedBefore: start - (start % DAY_MS) + DAY_MS };
}

/** @param path with slashes */
export function readLayout(path: string): Layout {
  const [, segmentSource, stamp] = SEGMENT.exec(path) ?? [];
  if (segmentSource !== undefined && stamp !== undefined) {
    const ms = stamp.length === 10 ? Number(stamp) * 1000 : Number(stamp);
    return { cdp: 'segment', sourceId: segmentSource, ...endOfDay(ms) };
  }
  const [, destinationSource, day] = RUDDERSTACK_DESTINATION.exec(path) ?? [];
  if (destinationSource !== undefined && day !== undefined) {
    const iso = day.replace(/^(\d\d-\d\d)-(\d{4})$/, '$2-$1');
    return { cdp: 'rudderstack', sourceId: destinationSource, ...endOfDay(Date.parse(`${iso}T00:00:00Z`)) };
  }
  // How long a dump's last event came after its first is not in its path.
  const [, dumpedSource] = RUDDERSTACK_DUMP.exec(path) ?? [];
  return dumpedSource === undefined ? {} : { cdp: 'rudderstack', sourceId: dumpedSource };
}
