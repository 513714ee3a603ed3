// Events of Statsig's webhook with the calls they have to become, written from docs/outbound.md.

import { createHash } from 'node:crypto';
import { WORKSPACE } from './rig.js';

const TIME = '2026-01-02T03:04:05.678Z';
const timestamp = Date.parse(TIME);
/** What every call's context holds. */
const SIGNED = {
  library: { name: 'statsig', version: '1.0' },
  integration: { name: 'statsig', version: '1.0.0' },
};

/** An event and its call, without `messageId`. */
interface Example {
  readonly sent: object;
  /** What the event's `messageId` begins with. */
  readonly eventId: string;
  readonly call: { readonly context: object; readonly [field: string]: unknown };
}

/** The first 32 digits of the hash of what a config change holds. */
function idOf(change: { eventName: string; timestamp: number; user: object; metadata: object }): string {
  const content = [change.eventName, change.timestamp, null, null, change.user, null, change.metadata];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
}

const GATE = { gate: 'new_checkout', gateValue: 'true', ruleID: 'rule-1' };
const EXPERIMENT = { config: 'button_colour', ruleID: 'group-b', experimentGroupName: 'Grün <b> & "blau" 🎉\u2028' };
const CHANGE = {
  eventName: 'statsig::config_change',
  timestamp,
  user: { name: 'Ada Lovelace', email: 'ada@example.com' },
  metadata: {
    type: 'Gate',
    name: 'new_checkout',
    description: '- Rule 100% -> 10%',
    environments: 'production,staging',
  },
};

/** A gate, an experiment that an anonymous unit saw, an event of the customer's own, and a config change. */
export const EXAMPLES: readonly Example[] = [
  {
    sent: {
      eventName: 'statsig::gate_exposure',
      user: {
        userID: 'user-1',
        email: 'user-1@example.com',
        privateAttributes: { salary: 1 },
        statsigEnvironment: { tier: 'staging' },
      },
      userID: 'user-1',
      timestamp,
      metadata: GATE,
      statsigMetadata: { sdkType: 'js-client', stableID: 'stable-1' },
      timeUUID: 'uuid-gate',
      unitID: 'userID',
    },
    eventId: 'uuid-gate',
    call: {
      type: 'track',
      event: 'statsig::gate_exposure',
      userId: 'user-1',
      anonymousId: 'stable-1',
      email: 'user-1@example.com',
      timestamp: TIME,
      context: {
        ...SIGNED,
        traits: { email: 'user-1@example.com' },
        user: { userID: 'user-1', email: 'user-1@example.com', statsigEnvironment: { tier: 'staging' } },
        metadata: GATE,
        stableID: 'stable-1',
      },
      properties: { metadata: GATE },
      integrations: { Statsig: false },
    },
  },
  {
    sent: {
      eventName: 'statsig::experiment_exposure',
      user: { customIDs: { stableID: 'stable-2' } },
      timestamp: String(timestamp),
      metadata: EXPERIMENT,
      timeUUID: 'uuid-experiment',
      unitID: 'stableID',
    },
    eventId: 'uuid-experiment',
    call: {
      type: 'track',
      event: 'statsig::experiment_exposure',
      anonymousId: 'stable-2',
      timestamp: TIME,
      context: {
        ...SIGNED,
        user: { customIDs: { stableID: 'stable-2' } },
        metadata: EXPERIMENT,
        stableID: 'stable-2',
      },
      properties: { metadata: EXPERIMENT },
      integrations: { Statsig: false },
    },
  },
  {
    sent: { eventName: 'Checkout', user: { userID: 42 }, timestamp: TIME, value: 19.99, timeUUID: 'uuid-custom' },
    eventId: 'uuid-custom',
    call: {
      type: 'track',
      event: 'Checkout',
      userId: '42',
      timestamp: TIME,
      context: { ...SIGNED, user: { userID: 42 }, value: 19.99 },
      properties: { value: 19.99 },
      integrations: { Statsig: false },
    },
  },
  {
    sent: CHANGE,
    eventId: idOf(CHANGE),
    call: {
      type: 'track',
      event: 'statsig::config_change',
      userId: 'ada@example.com',
      timestamp: TIME,
      context: SIGNED,
      properties: {
        author: 'Ada Lovelace',
        configName: 'new_checkout',
        configType: 'Gate',
        description: '- Rule 100% -> 10%',
        environment: 'production,staging',
      },
      integrations: { Statsig: false },
    },
  },
];

/** The same, as Statsig sends them. */
export const EXAMPLE_EVENTS = EXAMPLES.map(({ sent }) => sent);

/** Events of which nothing is sent, by the reason. */
export const UNSENT: Readonly<Record<string, object>> = {
  loop: { eventName: 'rudderstack::Order Completed', user: { userID: 'user-1' }, timestamp, timeUUID: 'uuid-loop' },
  internal_event: {
    eventName: 'auto_capture::page_view',
    user: { userID: 'user-1' },
    timestamp,
    timeUUID: 'uuid-auto',
  },
  no_identity: { eventName: 'Checkout', user: {}, timestamp, timeUUID: 'uuid-nobody' },
};

/** An event without a name. */
export const NAMELESS = { user: { userID: 'user-1' }, timestamp, eventName: ' ', timeUUID: 'uuid-nameless' };

/** The `messageId` of an event's call to a target, or by way of the source of this id. */
export function messageIdOf(eventId: string, target: string): string {
  return `${eventId}:${WORKSPACE}:${target}`;
}

/** What a source is called where others have the name of a target. */
export function targetOfSource(sourceId: string): string {
  return `rudderstack-${sourceId}`;
}

/** Custom events of several users, `visit-1` and so on by their `timeUUID`. */
export function visits(count: number): { readonly eventName: string; readonly timeUUID: string }[] {
  return Array.from({ length: count }, (_, index) => ({
    eventName: 'Visit',
    user: { userID: `user-${index % 10}` },
    timestamp: timestamp + index,
    timeUUID: `visit-${index}`,
  }));
}
