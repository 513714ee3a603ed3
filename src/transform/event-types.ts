// Which event types there is code for, and what of it is in use.

/** What becomes of an event type: a Statsig event, a change of an ID list, the deletion of a person, or nothing. */
export type Fate = 'converted' | 'audience' | 'deletion' | 'filtered';

/** What the code can make of each type beside nothing. What is converted changes a list too, where it is about an audience. */
export const POSSIBLE_FATES: ReadonlyMap<string, readonly Fate[]> = new Map([
  ['track', ['converted', 'audience']],
  ['page', ['converted']],
  ['screen', ['converted']],
  ['group', ['converted', 'audience']],
  ['identify', ['audience']],
  ['audiencelist', ['audience']],
  ['record', ['audience']],
  ['delete', ['deletion']],
]);

/** The types Statsig's webhook accepts (RudderStack's Statsig destination). */
export const RELAYABLE_TYPES: readonly string[] = ['identify', 'track', 'page', 'screen', 'group', 'alias'];

/** The event types in use, in small letters. */
export interface EventTypes {
  /** Become Statsig events. */
  readonly converted: ReadonlySet<string>;
  /** Change ID lists, where they are about one. */
  readonly audience: ReadonlySet<string>;
  /** Whether events of the type `delete` delete people. */
  readonly areDeletionsTaken: boolean;
  /** Reach Statsig in mode `webhook`. */
  readonly relayed: ReadonlySet<string>;
}

/** @param fates what becomes of each type @param relayed the types that mode `webhook` passes on */
export function compileEventTypes(fates: Readonly<Record<string, Fate>>, relayed: readonly string[]): EventTypes {
  const withFate = (...wanted: readonly Fate[]) =>
    new Set(Object.entries(fates).flatMap(([type, fate]) => (wanted.includes(fate) ? [type] : [])));
  return {
    converted: withFate('converted'),
    audience: withFate('converted', 'audience'),
    areDeletionsTaken: withFate('deletion').has('delete'),
    relayed: new Set(relayed),
  };
}
