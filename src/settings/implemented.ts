// Holds the manifest against the code: what one of them has alone stops the start.

import { POSSIBLE_FATES, RELAYABLE_TYPES } from '../transform/event-types.js';
import { settingsFaults } from './implemented-settings.js';
import { ManifestError, type ManifestFault } from './manifest/manifest-error.js';
import type { Manifest } from './manifest/model.js';

function* eventTypeFaults({ eventTypes, relayedEventTypes }: Manifest): Generator<ManifestFault, void> {
  for (const [type, fate] of Object.entries(eventTypes)) {
    const possible = [...(POSSIBLE_FATES.get(type) ?? []), 'filtered'];
    if (!possible.includes(fate))
      yield {
        path: `eventTypes.${type}`,
        problem: `Nothing makes of a ${type} event that it is ${fate}.`,
        fix: `Write ${possible.join(' or ')}.`,
      };
  }
  for (const type of POSSIBLE_FATES.keys())
    if (!Object.hasOwn(eventTypes, type))
      yield {
        path: 'eventTypes',
        problem: `There is code for ${type} events, and they are not declared.`,
        fix: `Add "${type}"; "filtered" leaves them out.`,
      };
  for (const [index, type] of relayedEventTypes.entries())
    if (!RELAYABLE_TYPES.includes(type))
      yield {
        path: `relayedEventTypes.${index}`,
        problem: `Statsig's webhook does not take ${type} events.`,
        fix: `Use some of ${RELAYABLE_TYPES.join(', ')}.`,
      };
}

/**
 * Gives the manifest back. Routes and environment variables are compared where they are registered.
 *
 * @throws ManifestError for the first event type or setting that is declared otherwise than the code has it
 */
export function assertImplemented(manifest: Manifest): Manifest {
  for (const faults of [eventTypeFaults(manifest), settingsFaults(manifest.settings)])
    for (const fault of faults) throw new ManifestError(fault);
  return manifest;
}
