// Looks through the settings of one document for what they cannot mean.

import type { DocumentSecret } from '../document-secrets.js';
import { findClosedFilters } from './closed-filters.js';
import { findNameMistakes } from './event-names.js';
import { findPathMistakes } from './field-paths.js';
import { findIdNameMistakes } from './id-names.js';
import { findMisplacedKeys } from './misplaced-keys.js';
import type { Mistake, MistakeRule } from './mistake.js';
import { findTierMistakes } from './tiers.js';
import { findUnreplacedVariables } from './unreplaced-variables.js';
import { findUrlMistakes } from './urls.js';

const RULES: readonly MistakeRule[] = [
  findUrlMistakes,
  findNameMistakes,
  findPathMistakes,
  findIdNameMistakes,
  findTierMistakes,
  findClosedFilters,
  findUnreplacedVariables,
];

/**
 * Every mistake of a document. Not for the Config of a destination: there a fault would cost every event.
 *
 * @param settings of any shape: what is not as the manifest says is a fault of its own
 * @param secrets those of `settings`
 */
export function findMistakes(settings: object, secrets: readonly DocumentSecret[]): readonly Mistake[] {
  return [...findMisplacedKeys(secrets), ...RULES.flatMap((rule) => [...rule(settings)])];
}
