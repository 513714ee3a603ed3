// Tells exposures of experiments in the words of Segment's A/B testing spec.

import type { JsonObject } from '../../model/segment-event.js';
import { toText } from '../scalars.js';
import type { EventParts } from './event-parts.js';
import type { EventCategory } from './outbound-filter.js';
import { setField } from './track-call.js';

/** Segment Spec, A/B testing. */
export const EXPERIMENT_VIEWED = 'Experiment Viewed';

/** True for the exposure of an experiment, its own or through a layer; gates, dynamic configs and holdouts are no experiments. */
export function isExperiment(category: EventCategory, { metadata }: EventParts): boolean {
  if (category === 'layer_exposure') return toText(metadata?.allocatedExperiment) !== undefined;
  return category === 'experiment_exposure';
}

/** The field of the metadata that names the experiment. */
export function experimentField(category: EventCategory): 'allocatedExperiment' | 'config' {
  return category === 'layer_exposure' ? 'allocatedExperiment' : 'config';
}

/** The properties of `Experiment Viewed`. In Statsig an experiment's name is its id, and a group without a name is known by its rule. */
export function experimentProperties(category: EventCategory, { metadata }: EventParts): JsonObject {
  const experiment = toText(metadata?.[experimentField(category)]);
  const rule = toText(metadata?.ruleID);
  const properties: Record<string, unknown> = {};
  setField(properties, 'experiment_id', experiment);
  setField(properties, 'experiment_name', experiment);
  setField(properties, 'variation_id', rule);
  setField(properties, 'variation_name', toText(metadata?.experimentGroupName) ?? rule);
  return properties;
}
