// Finds settings of a direction that is not served: they would be accepted and do nothing.

import type { Direction } from './manifest/model.js';
import type { SettingsPath } from './settings-path.js';
import { describedValues } from './settings-schema.js';

/** A setting that does nothing here. */
export interface DirectionFault {
  readonly at: SettingsPath;
  readonly message: string;
}

const BOTH: readonly Direction[] = ['inbound', 'outbound'];

/** @param served as manifest.json declares */
export function findDirectionFaults(settings: unknown, served: readonly Direction[]): readonly DirectionFault[] {
  if (BOTH.every((direction) => served.includes(direction))) return [];
  return [...describedValues(settings)].flatMap(({ at, schema: { direction } }) =>
    direction === undefined || served.includes(direction)
      ? []
      : [{ at, message: `is of the direction ${direction}, which manifest.json does not declare` }],
  );
}
