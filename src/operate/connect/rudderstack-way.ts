// RudderStack by an export of its control plane, as the page asks for it.

import { Secret } from '../../base/secret.js';
import { ConnectError } from '../../connect/connection.js';
import { connectRudderStack } from '../../connect/rudderstack/connect-rudderstack.js';
import { withoutSlash } from './address.js';
import type { RudderstackAsked } from './shapes.js';
import { NOTHING_TO_CHOOSE, type OpenWay, type WayPlace } from './ways.js';

/** The text of the export stays in memory: a file of it would have keys in it. */
export function openRudderstack(asked: RudderstackAsked, place: WayPlace): OpenWay {
  const { verb, workspace, config, byWorkspace = false, keepKeys = false } = asked;
  const { settingsLocation, upstreamUrl, arrivals } = place;
  const settingsToken = place.settingsToken === undefined ? undefined : new Secret(place.settingsToken);
  const isUndo = verb === 'undo' || verb === 'planUndo';
  return {
    look: NOTHING_TO_CHOOSE,
    async connection() {
      if (config === undefined && !isUndo)
        throw new ConnectError('settings', 'Choose the export of the control plane.');
      const transformerUrl =
        asked.transformerUrl === undefined
          ? upstreamUrl
          : withoutSlash('The address of the stock transformer', asked.transformerUrl);
      return connectRudderStack({
        from: config === undefined || isUndo ? undefined : { kind: 'text', text: new Secret(config) },
        ...{ settingsLocation, settingsToken, workspace, byWorkspace, keepKeys, arrivals },
        pluginUrl: withoutSlash('The address of this process', asked.url),
        ...(transformerUrl !== undefined && { transformerUrl }),
        ...(asked.dataPlaneUrl !== undefined && {
          dataPlaneUrl: withoutSlash('The address of the data plane', asked.dataPlaneUrl),
        }),
      });
    },
  };
}
