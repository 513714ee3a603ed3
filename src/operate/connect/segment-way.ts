// Segment by its Public API, as the page asks for it.

import { Secret } from '../../base/secret.js';
import { ConnectError } from '../../connect/connection.js';
import { connectSegment } from '../../connect/segment/connect-segment.js';
import { slugOf } from '../../connect/segment/options.js';
import { describeSource } from '../../connect/segment/pick-source.js';
import { createPublicApi } from '../../connect/segment/public-api.js';
import { ADDRESSES } from '../../connect/segment/region.js';
import { getWorkspace, listSources } from '../../connect/segment/resources.js';
import { withoutSlash } from './address.js';
import type { SegmentAsked } from './shapes.js';
import type { OpenWay, WayPlace } from './ways.js';

/** @throws ConnectError for an address that is none */
export function openSegment(asked: SegmentAsked, { settingsLocation, settingsToken, arrivals }: WayPlace): OpenWay {
  const { region = 'us', token, source, workspace, outbound = true } = asked;
  const { apiUrl, trackingUrl } = {
    apiUrl:
      asked.apiUrl === undefined
        ? ADDRESSES[region].apiUrl
        : withoutSlash('The address of the Public API', asked.apiUrl),
    trackingUrl:
      asked.trackingUrl === undefined
        ? ADDRESSES[region].trackingUrl
        : withoutSlash('The address of the Tracking API', asked.trackingUrl),
  };
  const api = createPublicApi({ token: new Secret(token), apiUrl });
  return {
    async look() {
      const { name } = await getWorkspace(api);
      const own = slugOf({ workspace });
      const sources = (await listSources(api)).filter(({ slug }) => slug !== own);
      return { owner: name, choices: sources.map((each) => ({ value: each.id, text: describeSource(each) })) };
    },
    async connection() {
      if (asked.url === undefined)
        throw new ConnectError('settings', 'Enter the address at which Segment reaches this process.');
      return connectSegment({
        ...{ api, region, trackingUrl, workspace, settingsLocation, arrivals, outbound },
        settingsToken: settingsToken === undefined ? undefined : new Secret(settingsToken),
        publicUrl: withoutSlash('The address of this process', asked.url),
        ...(source !== undefined && { source }),
        ...(asked.secretKey !== undefined && { secretKey: asked.secretKey }),
        test: 'after-changes',
      });
    },
  };
}
