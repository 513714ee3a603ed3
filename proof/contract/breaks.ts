// Ten deliberate breaks of the plugin, a line each, and the rows of a conformance report that have to show them.

/** A break. */
export interface Break {
  readonly name: string;
  /** As the built files write it, in one place. */
  readonly found: string;
  readonly put: string;
  /** The folder of fixtures that are played. */
  readonly folder: string;
  /** The title of a fixture that has to fail. */
  readonly shows: string;
  /** The part that is different, first of all, in every fixture that fails. */
  readonly where: RegExp;
}

/** All of them. */
export const BREAKS: readonly Break[] = [
  {
    name: 'events are sent that the filter leaves out',
    found: 'return "event_excluded";',
    put: 'return void 0;',
    folder: 'inbound',
    shows: 'An excluded event is filtered',
    where: /response\.body\[\d+\]\.statusCode$/,
  },
  {
    name: 'events have the wrong prefix',
    found: 'rudderstack: { prefix: "rudderstack::"',
    put: 'rudderstack: { prefix: "rudder::"',
    folder: 'inbound',
    shows: 'A track event becomes one Statsig event',
    where: /events\[\d+\]\.eventName$/,
  },
  {
    name: 'an event that comes twice is stored twice',
    found: 'results.push("duplicate");',
    put: 'results.push("accepted");',
    folder: 'tracking-api',
    shows: 'A repeated messageId is a duplicate',
    where: /response\.body\.accepted$/,
  },
  {
    name: 'a header is missing',
    found: '"statsig-event-count": String(events),',
    put: '',
    folder: 'rudderstack',
    shows: 'A delivery request of the processor transform says who made it and how many events it holds',
    where: /headers\.statsig-event-count$/,
  },
  {
    name: 'events go to another endpoint',
    found: '}/v1/log_event`;',
    put: '}/v1/events`;',
    folder: 'inbound',
    shows: 'A track event becomes one Statsig event',
    where: /output\.endpoint$/,
  },
  {
    name: 'signatures are not checked',
    found: '(hmac.digest(), given);',
    put: '(given, given);',
    folder: 'segment',
    shows: 'A signature with another secret is wrong',
    where: /response\.(?:status|body\.accepted)$/,
  },
  {
    name: 'pages lose their name',
    found: 'group: "{prefix}group"\n};',
    put: 'group: "{prefix}group", page: "{prefix}page"\n};',
    folder: 'inbound',
    shows: 'A page is named by its name first',
    where: /events\[\d+\]\.eventName$/,
  },
  {
    name: 'calls name another library',
    found: 'STATSIG = { name: "statsig", version: "1.0" };',
    put: 'STATSIG = { name: "segment", version: "1.0" };',
    folder: 'outbound',
    shows: 'A custom event becomes a track call',
    where: /context\.library\.(?:name|version)$/,
  },
  {
    name: 'what can be tried again is given up',
    found: 'if (status === 408 || status === 429 || status >= 500) {',
    put: 'if (status === 408) {',
    folder: 'rudderstack',
    shows: 'A 429 is tried again, and the message says when',
    where: /response\.body\.output\.|response\.status$/,
  },
  {
    name: 'metadata does not come back',
    found: 'return metadataText;',
    put: 'return "{}";',
    folder: 'rudderstack',
    shows: 'The metadata comes back with all its keys, known or not',
    where: /metadata(?:\[\d+\])?\.\w+$/,
  },
];
