// How an event can be sent again: a request of its source, as a curl command and as a fixture. Names in capital letters stand for secrets.

import { createHash } from 'node:crypto';
import { toPrintableCell } from '../../base/printable.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import { manifest } from '../../settings/manifest.js';
import type { LiveEntry } from './shapes.js';

/** A request that a source would send. */
export interface RequestAgain {
  readonly path: string;
  readonly body: unknown;
  /** Which secret a variable of the command stands for. */
  readonly variable?: string;
  /** Lines of the command before `curl`, and its arguments. */
  readonly before?: string;
  readonly proof: readonly string[];
  /** Whether senders outside send it. */
  readonly isPublic: boolean;
  /** The same for a fixture. */
  readonly fixture: {
    readonly protocol: 'segment' | 'trackingApi' | 'rudderstack' | 'statsig';
    readonly settings: object;
    readonly headers?: Readonly<Record<string, string>>;
    readonly sign?: { readonly scheme: 'segment' | 'statsig'; readonly secret: string };
  };
}

/** The path of a route of the manifest. */
function pathOf(protocol: string, name: string): string {
  return manifest.protocols[protocol]?.routes.find((route) => route.name === name)?.path ?? '/';
}

/** What a comment may hold: a shell that reads comments as commands, as zsh does at its prompt, makes nothing of it. */
const PLAIN = /^[\w.,:+ -]*$/;

function variable(name: string, of: string, settings: readonly unknown[], id: string): string {
  return `${name}: one of ${of} of workspace ${id}${settings.length === 0 ? ', which has none yet' : ''}`;
}

/** Of fixtures: no one's secret. */
const EXAMPLE = 'example-secret-of-a-fixture';

function segmentAgain(event: unknown, { id, segment, settings }: WorkspaceDocument): RequestAgain {
  const path = pathOf('segment', 'events').replace(':workspace', id);
  const again = { path, body: event, isPublic: true } as const;
  const isSigned = segment.headerSecrets.length === 0 && segment.sharedSecrets.length > 0;
  if (isSigned)
    return {
      ...again,
      variable: variable('SEGMENT_SHARED_SECRET', 'segment.sharedSecrets', segment.sharedSecrets, id),
      before: `SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha1 -hmac "$SEGMENT_SHARED_SECRET" -r | cut -d' ' -f1)`,
      proof: ['-H "X-Signature: $SIGNATURE"'],
      fixture: {
        protocol: 'segment',
        settings: { ...settings, id, segment: { sharedSecrets: [EXAMPLE] } },
        sign: { scheme: 'segment', secret: EXAMPLE },
      },
    };
  return {
    ...again,
    variable: variable('SEGMENT_HEADER_SECRET', 'segment.headerSecrets', segment.headerSecrets, id),
    proof: ['-H "X-Statsig-CDP-Secret: $SEGMENT_HEADER_SECRET"'],
    fixture: {
      protocol: 'segment',
      settings: { ...settings, id, segment: { headerSecrets: [EXAMPLE] } },
      headers: { 'x-statsig-cdp-secret': EXAMPLE },
    },
  };
}

function trackingAgain(event: unknown, { id, settings, trackingApi }: WorkspaceDocument): RequestAgain {
  return {
    path: pathOf('trackingApi', 'batch'),
    body: { batch: [event] },
    variable: variable('WRITE_KEY', 'trackingApi.writeKeys', trackingApi.writeKeys, id),
    proof: ['-u "$WRITE_KEY:"'],
    isPublic: true,
    fixture: {
      protocol: 'trackingApi',
      settings: { ...settings, id, trackingApi: { writeKeys: [EXAMPLE] } },
      headers: { authorization: `Basic ${Buffer.from(`${EXAMPLE}:`).toString('base64')}` },
    },
  };
}

function statsigAgain(event: unknown, { id, settings, outbound }: WorkspaceDocument): RequestAgain {
  return {
    path: pathOf('statsig', 'events').replace(':workspace', id),
    body: [event],
    variable: variable('STATSIG_SIGNING_SECRET', 'outbound.signingSecrets', outbound.signingSecrets, id),
    before:
      'TIMESTAMP=$(date +%s)000; SIGNATURE=$(printf %s "v0:$TIMESTAMP:$BODY" | openssl dgst -sha256 -hmac "$STATSIG_SIGNING_SECRET" -r | cut -d\' \' -f1)',
    proof: ['-H "X-Statsig-Request-Timestamp: $TIMESTAMP"', '-H "X-Statsig-Signature: v0=$SIGNATURE"'],
    isPublic: true,
    fixture: {
      protocol: 'statsig',
      settings: { ...settings, id, outbound: { signingSecrets: [EXAMPLE] } },
      sign: { scheme: 'statsig', secret: EXAMPLE },
    },
  };
}

function rudderstackAgain(event: unknown, document: WorkspaceDocument | undefined): RequestAgain {
  const destinationId = document?.settings.rudderstack?.destinationIds?.[0];
  const id = destinationId ?? 'destination';
  const destination = { ID: id, Config: {}, hasDynamicConfig: false, Enabled: true };
  return {
    path: pathOf('rudderstack', 'processorTransform').replace(':destinationType', 'statsig'),
    body: [{ message: event, metadata: { jobId: 1, destinationId: id }, destination }],
    proof: [],
    isPublic: false,
    fixture: {
      protocol: 'rudderstack',
      settings: document === undefined ? { id: 'fixture' } : { ...document.settings, id: document.id },
    },
  };
}

/** The request that carries an event once more; `undefined` where its source cannot be told, or is a program of its own. */
export function requestAgain(
  { protocol }: LiveEntry,
  event: unknown,
  document: WorkspaceDocument | undefined,
): RequestAgain | undefined {
  if (protocol === 'rudderstack') return rudderstackAgain(event, document);
  if (document === undefined) return undefined;
  switch (protocol) {
    case 'segment':
      return segmentAgain(event, document);
    case 'tracking_api':
      return trackingAgain(event, document);
    case 'statsig':
      return statsigAgain(event, document);
    default:
      return undefined;
  }
}

/** In single quotes of a shell, in which nothing means anything but they themselves. */
function quoted(text: string): string {
  return `'${toPrintableCell(text).replaceAll("'", `'\\''`)}'`;
}

/** What is to be known before it is sent. */
function maskedNote(masked: readonly string[]): string | undefined {
  const names = masked.filter((name) => PLAIN.test(name)).join(', ');
  return masked.length === 0
    ? undefined
    : `Masked here, write the real values first${names === '' ? '' : `: ${names}`}. As it is, the marks would be sent.`;
}

/**
 * A command for a shell.
 *
 * @param address of the listener, `http://localhost:9090`
 * @param masked fields of the event
 */
export function toCurl(
  { path, body, before, proof, variable: secret }: RequestAgain,
  address: string,
  masked: readonly string[],
): string {
  const comments = [maskedNote(masked), secret].filter((line) => line !== undefined && PLAIN.test(line));
  const parts = [
    `curl -sS -X POST ${quoted(`${address}${path}`)}`,
    '-H "Content-Type: application/json"',
    ...proof,
    '--data-raw "$BODY"',
  ];
  return [
    ...comments.map((line) => `# ${line}`),
    `BODY=${quoted(JSON.stringify(body))}`,
    ...(before === undefined ? [] : [before]),
    parts.join(' '),
  ].join('\n');
}

/** A document of fixtures/fixture.schema.json. */
export function toFixture(
  { path, body, fixture }: RequestAgain,
  { at, outcome, stage, event = 'an event' }: LiveEntry,
  masked: readonly string[],
): object {
  const note = maskedNote(masked);
  const { protocol, settings, headers = {}, sign } = fixture;
  const date = new Date(at).toISOString().slice(0, 10);
  const name = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 8);
  return {
    title: `${event} (${name}) is ${outcome.replaceAll('_', ' ')} at ${stage.replaceAll('_', ' ')}.`,
    why: `It was saved from the live log on ${date}, to be looked into.${note === undefined ? '' : ` ${note}`}`,
    source: { kind: 'recorded', from: `the live log, ${date}` },
    protocol,
    settings: [settings],
    exchanges: [
      {
        request: {
          method: 'POST',
          path,
          headers: { 'content-type': 'application/json', ...headers },
          body,
          ...(sign !== undefined && { sign }),
        },
        response: { status: [200, 400] },
      },
    ],
  };
}
