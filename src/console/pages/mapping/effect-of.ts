// What the last preview said of events.

import type { SettingsEffect } from '../../../operate/settings/shapes.js';
import type { Desk } from './use-desk.js';

/** Of the preview before, while the next one is on its way. */
export function effectOf({ previewed }: Pick<Desk, 'previewed'>): SettingsEffect | undefined {
  if (previewed.is === 'there') return previewed.answer.effect;
  return previewed.is === 'waiting' ? previewed.last?.effect : undefined;
}
