// Compiles a workspace's outbound settings once per revision.

import type { CompiledOutbound } from '../transform/compiled-outbound.js';
import { compileOutboundFilter } from '../transform/outbound/outbound-filter.js';
import { rowUsesOf } from './row-uses.js';
import { defaultsAt } from './settings-schema.js';
import type { OutboundSettings, WorkspaceDocument } from './workspace-document.js';

const DEFAULTS = defaultsAt(['outbound']);

/** Compiles the outbound settings of a document in force; the manifest's defaults are filled in here. */
export function compileOutbound(document: WorkspaceDocument): CompiledOutbound {
  const { id, settings, outbound, lost } = document;
  const complete = { ...DEFAULTS, ...outbound } as Required<OutboundSettings>;
  const { eventCategories, includeEvents, excludeEvents, includeNewEvents } = complete;
  return Object.freeze({
    workspaceId: id,
    targets: complete.targets,
    hasLostTargets: lost.includes('targets'),
    isPaused: settings.paused === true || complete.paused,
    identifierMappings: complete.identifierMappings,
    filter: compileOutboundFilter(
      {
        eventCategories,
        includeEvents,
        excludeEvents,
        includeNewEvents,
        // An empty prefix would make every event a loop.
        inboundPrefix: settings.eventNamePrefix === '' ? undefined : settings.eventNamePrefix,
      },
      rowUsesOf(document),
    ),
    environments: new Set(complete.environments.map((tier) => tier.toLowerCase())),
    experimentViewed: complete.experimentViewed,
    exposureWindowMs: complete.exposureWindowMs,
    exposureSampleRate: complete.exposureSampleRate,
    skipAnonymousExposures: complete.skipAnonymousExposures,
    skipDefaultRuleExposures: complete.skipDefaultRuleExposures,
    configChangeUserId: complete.configChangeUserId,
  });
}
