// Finds field paths that lead nowhere in any event.

import { findNearestName } from '../nearest-name.js';
import type { Mistake } from './mistake.js';
import { stringsAt } from './strings-at.js';

/** What an event has at its top: the fields of the Segment Spec, and those that RudderStack and its SDKs add. */
const ROOTS = [
  ...['anonymousId', 'category', 'channel', 'context', 'event', 'groupId', 'integrations', 'messageId', 'name'],
  ...['originalTimestamp', 'previousId', 'projectId', 'properties', 'receivedAt', 'sentAt', 'timestamp', 'traits'],
  ...['type', 'userId', 'version', 'writeKey', 'request_ip', 'rudderId', 'sessionId', 'options', '_metadata'],
  ...['fields', 'identifiers', 'action', 'statsigCustomIDs', 'statsigCustom', 'statsigEnvironment'],
];

/** Fields that hold more fields. */
const OBJECTS = new Set(['context', 'integrations', 'properties', 'traits', 'options', '_metadata', 'fields']);

function judgeWriting(path: string): Omit<Mistake, 'at'> | undefined {
  if (!/^\$|[[\]{}()]|\s/.test(path) && !path.split('.').includes('')) return undefined;
  return {
    kind: 'fault',
    message: 'is no field path: write the names of the fields with dots between them, as in context.device.id',
  };
}

function judgeStart(path: string): Omit<Mistake, 'at'> | undefined {
  const [root = '', first] = path.split('.');
  if (!['message', 'event', 'body'].includes(root) || first === undefined || !ROOTS.includes(first)) return undefined;
  return { kind: 'fault', message: `begins outside of the event: write it without "${root}."` };
}

function judge(path: string): Omit<Mistake, 'at'> | undefined {
  const misplaced = judgeWriting(path) ?? judgeStart(path);
  if (misplaced !== undefined) return misplaced;
  const [root = '', ...steps] = path.split('.');
  const message = 'leads nowhere in an event of the Segment Spec';
  if (!ROOTS.includes(root)) {
    const nearest = findNearestName(root, ROOTS);
    const advice = nearest === undefined ? `as in properties.NAME or context.traits.NAME` : `did you mean ${nearest}?`;
    return { kind: 'warning', message: `${message}: ${advice}` };
  }
  if (steps.length > 0 && !OBJECTS.has(root))
    return { kind: 'warning', message: `${message}: ${root} holds no fields` };
  if (steps.some((step) => /^\d+$/.test(step)))
    return { kind: 'warning', message: 'may lead nowhere: no path leads into a list' };
  return undefined;
}

/** Faults for what is no field path, warnings for paths that events of the Segment Spec do not have. */
export function* findPathMistakes(settings: object): Generator<Mistake, void> {
  const paths = [
    ...stringsAt(settings, ['identifierMappings'], 'from'),
    ...stringsAt(settings, ['audiences', 'units'], 'from'),
    ...stringsAt(settings, ['valueFrom']),
  ];
  for (const { at, text } of paths) {
    const mistake = judge(text);
    if (mistake !== undefined) yield { ...mistake, at };
  }
  // They may be of events of either direction, and lead through lists.
  for (const { at, text } of stringsAt(settings, ['redact'])) {
    const mistake = judgeWriting(text) ?? judgeStart(text);
    if (mistake !== undefined) yield { ...mistake, at };
  }
  // It starts at an identifier of RudderStack's events, so only its writing can be judged.
  for (const { at, text } of stringsAt(settings, ['idListField'])) {
    const mistake = judgeWriting(text);
    if (mistake !== undefined) yield { ...mistake, at };
  }
}
