// Where a script does otherwise than the server, and why. Everything else has to be equal.

/** What stands behind a difference. `state`: it takes what was there before. `other`: it has no meaning there, or is somebody else's matter. */
export interface Exception {
  readonly kind: 'state' | 'other';
  /** Ends the sentence "not the same, because …". */
  readonly why: string;
  /** Names of fixtures, as the table has them; a star stands for any characters. */
  readonly files: readonly string[];
}

const KEYS: Exception = {
  kind: 'other',
  why: 'Segment, or RudderStack, calls the script: there are no addresses, signatures and secrets of senders, and no workspaces to choose from',
  files: [
    ...['header-secret*', 'signature-*', 'signed-part-*', 'partner-*', 'workspace*'].map((name) => `segment/${name}`),
    'deletions/segment-two-workspaces',
    'deletions/segment-unknown-sender',
    'recorded/segment-webhook-*/no-header-secret',
    'recorded/segment-webhook-*/wrong-*',
  ],
};

const FORMS: Exception = {
  kind: 'other',
  why: 'webhooks have forms of bodies of their own, which can be broken: a script is given events',
  files: [
    ...['batch-of-4001-events', 'body-*', 'outcome-long-detail'].map((name) => `segment/${name}`),
    ...['actions-*/data-without-type', 'audiences-*/*', 'extensible-*/batch', 'extensible-*/form'].map(
      (name) => `recorded/segment-webhook-${name}`,
    ),
  ],
};

/** Of the Destination Function. */
export const DESTINATION_EXCEPTIONS: readonly Exception[] = [
  KEYS,
  FORMS,
  {
    kind: 'state',
    why: 'what was sent before is not remembered: repetitions, memberships that Statsig has, changes that are older than the last one',
    files: [
      'audiences/sequences/*',
      'audiences/time-*',
      'deletions/segment-duplicate',
      'deletions/segment-lists-of-the-user',
      'segment/batch-with-every-outcome',
      'segment/outcome-duplicate',
    ],
  },
  {
    kind: 'state',
    why: 'nothing waits and nothing is kept: no queue, no windows, no dead letters; it is Segment that tries again',
    files: [
      'deletions/segment-dead-letters-of-the-user',
      'deletions/segment-known-to-statsig',
      'deletions/segment-refused-for-another-reason',
      'deletions/segment-tried-again',
      'deletions/segment-waiting-*',
      'deletions/segment-without-enterprise',
      'segment/outbox-full',
    ],
  },
  {
    kind: 'other',
    why: 'without a key there is no dry run: the event is an error',
    files: [
      'audiences/ordinary-track*',
      'audiences/page-is-*',
      'audiences/stripped-*',
      'deletions/segment-dry-run',
      'segment/outcome-deletion',
    ],
  },
];

/** Of the Source Function. */
export const SOURCE_EXCEPTIONS: readonly Exception[] = [
  {
    kind: 'other',
    why: 'Segment sorts the fields of a payload before a function sees it: no signature can be checked, a secret in the address takes its place, and ids made of the content of events that have none are others',
    files: [
      'outbound/event-id-*',
      ...['signature-*', 'time-*', 'tolerance-*', 'workspace*', 'handshake-*', 'body-*'].map(
        (name) => `statsig/${name}`,
      ),
    ],
  },
  {
    kind: 'state',
    why: 'what was sent before is not remembered: exposure windows and repetitions',
    files: [
      ...['batch-with-every-outcome', 'duplicate-*', 'message-id-without-*', 'production-spelt-out', 'repeated-*'].map(
        (name) => `statsig/${name}`,
      ),
    ],
  },
  {
    kind: 'other',
    why: 'the source is the target: there is no dry run, no second target and no queue that can be full',
    files: ['statsig/dry-run*', 'statsig/outbox-is-full'],
  },
];

/** Of the transformation. */
export const TRANSFORMATION_EXCEPTIONS: readonly Exception[] = [
  {
    kind: 'other',
    why: 'the key stands in the Webhook destination, and is not looked at',
    files: ['inbound/secret-key-*', 'rudderstack/secret-*', 'rudderstack/dynamic-key-*'],
  },
  {
    kind: 'other',
    why: 'one settings document stands in the script: there is no Config of a destination, with forms, templates and documents under it',
    files: [
      'rudderstack/config-*',
      'rudderstack/dynamic-*',
      'rudderstack/settings-*',
      'rudderstack/processor-*',
      'recorded/rudder-server-*',
    ],
  },
  {
    kind: 'other',
    why: 'rudder-server calls the script: requests, their bodies and their metadata are its own matter',
    files: ['body-*', 'compacted-*', 'destination-missing', 'element-*', '*-on-a-post-route', 'metadata-missing'].map(
      (name) => `rudderstack/${name}`,
    ),
  },
  {
    kind: 'other',
    why: 'in mode webhook nothing is converted, so that no script is needed',
    files: ['rudderstack/webhook-*'],
  },
];

/** The exception for a fixture, by its name without the ending; the first that names it. */
export function exceptionFor(name: string, exceptions: readonly Exception[]): Exception | undefined {
  return exceptions.find(({ files }) => files.some((file) => matcherOf(file).test(name)));
}

/** Whether the pattern names it. */
export function isNamed(name: string, pattern: string): boolean {
  return matcherOf(pattern).test(name);
}

function matcherOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}
