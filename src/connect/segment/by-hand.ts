// What a person clicks in Segment where the Public API does not do it, with the values to paste.

import type { HandStep } from '../step.js';
import { triggerOf } from './mapping.js';
import type { MappedType, SecretPlace } from './options.js';

/** What is pasted. */
export interface HandValues {
  readonly url: string;
  /** The secret as people see it. */
  readonly header: string;
  readonly shared: string;
  readonly types: readonly MappedType[];
  readonly batchSize: number;
  readonly source: string;
  readonly name: string;
}

const CAPITALS: Readonly<Record<MappedType, string>> = {
  track: 'Track',
  page: 'Page',
  screen: 'Screen',
  group: 'Group',
  identify: 'Identify',
  alias: 'Alias',
};

function mappingSteps({ url, header, types, batchSize }: HandValues): readonly HandStep[] {
  return [
    { text: 'Mappings > New Mapping > Send.' },
    {
      text: `The trigger: Event Type is ${types.map((type) => CAPITALS[type]).join(', ')}. A self-service plan has at most two conditions in a trigger: make several mappings.`,
      paste: triggerOf(types),
    },
    { text: 'URL:', paste: url },
    { text: 'Method: POST.' },
    { text: 'Headers, the key:', paste: 'Authorization' },
    { text: 'Headers, the value:', paste: `Bearer ${header}` },
    { text: 'Data: the whole event, which is the default.', paste: '$.' },
    batchSize === 0
      ? { text: 'Enable Batching: No.' }
      : { text: 'Enable Batching: Yes. Batch Size:', paste: String(batchSize) },
    { text: 'Save, and enable the mapping.' },
  ];
}

/** A mapping in a destination that is there. */
export function mappingByHand(values: HandValues): readonly HandStep[] {
  return [{ text: `Segment > Connections > Destinations > ${values.name}.` }, ...mappingSteps(values)];
}

/** The destination and its mapping. */
export function destinationByHand(values: HandValues): readonly HandStep[] {
  return [
    {
      text: `Segment > Connections > Catalog > Webhooks (Actions) > Configure, and select the source ${values.source}.`,
    },
    { text: 'The name:', paste: values.name },
    { text: 'Settings > Advanced Settings > Shared Secret:', paste: values.shared },
    ...mappingSteps(values),
    { text: 'Enable the destination.' },
  ];
}

/** A write key that the token may not see, or that this command cannot put where it is read. */
export function writeKeyByHand(source: string, { file, reference }: SecretPlace): readonly HandStep[] {
  const copy = { text: `Segment > Connections > Sources > ${source} > Settings > API Keys: copy the Write Key.` };
  if (file === undefined)
    return [copy, { text: 'Set it as this variable where the process runs:', paste: reference.replace(/^env:/, '') }];
  return [
    copy,
    { text: 'Put it into this file, which only you and the process may read (chmod 600):', paste: file },
    { text: 'Run this again.' },
  ];
}

/** The source that Statsig's events come from. @param kind in the catalog */
export function sourceByHand(kind: string, name: string, place: SecretPlace): readonly HandStep[] {
  return [
    { text: `Segment > Connections > Catalog > Sources > ${kind} > Add Source.` },
    { text: 'The name:', paste: name },
    ...writeKeyByHand(name, place),
  ];
}
