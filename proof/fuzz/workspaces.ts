// The workspaces of the fuzzer and of the hostile attempts: their settings documents, and how senders prove themselves to them.

import { createHmac } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the places are that events go to. */
export interface Places {
  readonly statsig: string;
  readonly segment: string;
}

/** Token for `/api`. */
export const ADMIN_TOKEN = 'admin-example';

/** Writes the settings documents into a directory. */
export function writeDocuments(directory: string, { statsig, segment }: Places): void {
  const urls = { eventsUrl: statsig, apiUrl: statsig, consoleUrl: statsig };
  const documents = [
    // Everything is on, everything has to be proven.
    {
      id: 'acme',
      secretKey: 'secret-acme',
      consoleKey: 'console-acme',
      ...urls,
      rudderstack: {
        destinationIds: ['dest-acme'],
        workspaceIds: ['ws-acme'],
        sourceIds: ['source-acme'],
        sourceWriteKeys: ['source-key-acme'],
      },
      segment: { sharedSecrets: ['shared-acme'] },
      trackingApi: { writeKeys: ['write-acme'] },
      audiences: { createMissing: true, windowMs: 1000, lists: [{ key: 'vip', id: 'vip_list' }] },
      outbound: {
        signingSecrets: ['signing-acme'],
        experimentViewed: 'also',
        includeNewEvents: true,
        targets: [{ name: 'segment', writeKey: 'target-acme', host: segment }],
      },
      identifierMappings: [{ from: 'context.device.id', to: 'stableID' }],
      valueFrom: ['properties.revenue', 'properties.value'],
      excludeEvents: ['Heartbeat', '*in*the*middle*'],
    },
    // Static secrets and API keys, other names.
    {
      id: 'headed',
      secretKey: 'secret-headed',
      consoleKey: 'console-headed',
      ...urls,
      segment: { headerSecrets: ['header-headed'], apiKeys: ['api-headed'] },
      trackingApi: { writeKeys: ['write-headed'], requiredConsent: ['Advertising'] },
      outbound: { signingSecrets: ['signing-headed'], exposureWindowMs: 0 },
      eventNamePreset: 'segment-legacy',
    },
    // Takes anybody's events and sends them nowhere.
    { id: 'open' },
    // Sends nowhere what comes with its key.
    { id: 'dry', trackingApi: { writeKeys: ['write-open'] } },
    // Has nothing but what leaves Statsig.
    {
      id: 'outgoing',
      outbound: {
        signingSecrets: ['signing-acme'],
        targets: [{ name: 's', writeKey: 'target-outgoing', host: segment }],
      },
    },
    // Keeps no ID lists.
    { id: 'plain', secretKey: 'secret-plain', ...urls, segment: { headerSecrets: ['header-headed'] } },
    // Sends, but asks for no proof: takes nothing.
    { id: 'bare', secretKey: 'secret-bare', ...urls, outbound: { targets: [{ name: 's', writeKey: 'target-bare' }] } },
  ];
  mkdirSync(directory, { recursive: true });
  for (const document of documents) writeFileSync(join(directory, `${document.id}.json`), JSON.stringify(document));
}

/** How a sender proves itself. */
export const PROOFS = {
  segment: ['right', 'wrong', 'garbage', 'header', 'key', 'none'],
  statsig: ['right', 'wrong', 'garbage', 'old', 'none'],
  tracking: ['right', 'wrong', 'garbage', 'none'],
  admin: ['right', 'wrong', 'garbage', 'none'],
} as const;

/** A way of proving; each has its own headers. */
export type ProofKind = keyof typeof PROOFS;
/** How well it is done. */
export type Proof = (typeof PROOFS)[ProofKind][number];

type Headers = readonly (readonly [string, string])[];

function basic(user: string): readonly [string, string] {
  return ['Authorization', `Basic ${Buffer.from(`${user}:`).toString('base64')}`];
}

function hex(algorithm: string, secret: string, ...parts: readonly (string | Buffer)[]): string {
  const hmac = createHmac(algorithm, secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}

const GARBAGE: Headers = [
  ['Authorization', 'Basic ====  Bearer \u00ff'],
  ['X-Signature', 'z'.repeat(40)],
  ['X-Statsig-Signature', `v0=${'0'.repeat(63)}`],
  ['X-Statsig-Request-Timestamp', '99999999999999999999'],
];

function ofSegment(proof: Proof, body: Buffer): Headers {
  if (proof === 'header') return [['X-Statsig-Cdp-Secret', 'header-headed']];
  if (proof === 'key') return [basic('api-headed')];
  return [['X-Signature', hex('sha1', proof === 'right' ? 'shared-acme' : 'shared-other', body)]];
}

function ofStatsig(proof: Proof, body: Buffer): Headers {
  const timestamp = String(Date.now() - (proof === 'old' ? 86_400_000 : 0));
  const signature = hex('sha256', proof === 'wrong' ? 'signing-other' : 'signing-acme', `v0:${timestamp}:`, body);
  return [
    ['X-Statsig-Signature', `v0=${signature}`],
    ['X-Statsig-Request-Timestamp', timestamp],
  ];
}

/** The headers of a proof. @param body without its Content-Encoding */
export function prove(kind: ProofKind, proof: Proof, body: Buffer): Headers {
  if (proof === 'none') return [];
  if (proof === 'garbage') return GARBAGE;
  if (kind === 'segment') return ofSegment(proof, body);
  if (kind === 'statsig') return ofStatsig(proof, body);
  if (kind === 'tracking') return [basic(proof === 'right' ? 'write-acme' : 'write-other')];
  return [['Authorization', `Bearer ${proof === 'right' ? ADMIN_TOKEN : `${ADMIN_TOKEN}x`}`]];
}
