// Statsig by a Console API key, as the page asks for it.

import { Secret } from '../../base/secret.js';
import { ConnectError } from '../../connect/connection.js';
import { connectStatsig } from '../../connect/statsig/connect-statsig.js';
import { createConsoleApi } from '../../connect/statsig/console.js';
import { readDocuments } from '../../connect/statsig/documents.js';
import { findNamesInEvents } from '../../connect/statsig/names-in-events.js';
import { baseUrlOf } from '../../settings/base-url.js';
import { withoutSlash } from './address.js';
import type { StatsigAsked } from './shapes.js';
import { NOTHING_TO_CHOOSE, type OpenWay, type WayPlace } from './ways.js';

/** What the page shows is what arrives: no one waits here. */
export function openStatsig(asked: StatsigAsked, { settingsLocation, recentEvents, ...place }: WayPlace): OpenWay {
  const { workspace, token, signingSecret, create = false } = asked;
  return {
    look: NOTHING_TO_CHOOSE,
    async connection() {
      const settingsToken = place.settingsToken === undefined ? undefined : new Secret(place.settingsToken);
      const { plain, withKeys } = await readDocuments({ settingsLocation, settingsToken });
      const byId = ({ id }: { readonly id: string }) => id === workspace;
      const consoleKey = token === undefined ? withKeys.find(byId)?.consoleKey : new Secret(token);
      if (consoleKey === undefined)
        throw new ConnectError('settings', 'Enter a Console API key: the settings of the workspace have none.');
      if (token === undefined && asked.apiUrl !== undefined)
        throw new ConnectError(
          'settings',
          'Enter a Console API key: that of the settings goes to the address of the settings alone (`consoleUrl`).',
        );
      const consoleUrl =
        asked.apiUrl === undefined
          ? baseUrlOf(plain.find(byId)?.settings ?? {}, 'consoleUrl')
          : withoutSlash('The address of the Console API', asked.apiUrl);
      return connectStatsig({
        ...{ workspace, settingsLocation, settingsToken, namesInEvents: findNamesInEvents(recentEvents) },
        api: createConsoleApi({ consoleKey, consoleUrl }),
        create: create ? 'missing' : 'none',
        ...(asked.url !== undefined && { publicUrl: withoutSlash('The address of this process', asked.url) }),
        givenSigningSecret: signingSecret === undefined ? undefined : new Secret(signingSecret),
      });
    },
  };
}
