// Decides which workspace a request may write to: who sent it, and how that is proven.

import type { IncomingHttpHeaders } from 'node:http';
import { PluginError } from '../../base/errors.js';
import { fitsAny } from '../../base/static-secret.js';
import type { SenderProof } from '../../ingest/inbound.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { joinDetails, OR_NO_WORKSPACE, withDecoys } from '../signed-with.js';
import { describeForm, readSenderHeaders } from './sender-headers.js';
import { describeSignatureForm, findSignedPart } from './signature.js';

/** A sender that may write to the workspace. The two kinds read statuses differently. */
export interface ProvenSender {
  readonly kind: 'webhook' | 'partner';
  readonly document: WorkspaceDocument;
  readonly proof: SenderProof;
}

/** One of the header secrets or the signature of the whole body. */
const WHOLE: SenderProof = { origin: 'webhook', coversAll: true };
const API_KEY: SenderProof = { origin: 'partner', coversAll: true };
/** The signature of a batch's first event: anyone who has seen one could put anything behind it. */
const FIRST_EVENT: SenderProof = { origin: 'webhook-first', coversAll: false };
/** None, which is enough for the events of a workspace that holds nothing and sends nowhere. */
const ANYBODY: SenderProof = { origin: 'anybody', coversAll: false };

/** A sender that its body's signature has yet to prove. */
export interface SignedSender {
  readonly kind: 'signed';
  readonly signature: string;
  /** Absent where there is no such workspace: then no signature is right. */
  readonly document: WorkspaceDocument | undefined;
  /** True when the head shows one of the workspace's header secrets. */
  readonly headerFits: boolean;
}

/** A sender who gets here has shown a key of each of the owners: what is said of them is no news to them. */
function pickOwner(
  owners: readonly WorkspaceDocument[],
  apiKey: string,
  workspaceId: string | undefined,
): WorkspaceDocument {
  if (workspaceId === undefined) {
    const [first, ...others] = owners;
    if (first !== undefined && (others.length === 0 || fitsAny([apiKey], first.segment.apiKeys))) return first;
    throw new PluginError('WORKSPACE_UNKNOWN', 'the API key is of several: the path has to name one');
  }
  const named = owners.find(({ id }) => id === workspaceId);
  if (named === undefined) throw new PluginError('WORKSPACE_UNKNOWN', 'or the API key is of another one');
  return named;
}

/**
 * Recognises the sender before the body is read. Of a request that proves nothing, the answer depends on the request alone and not on whether the
 * workspace exists, or what it asks for.
 *
 * @param workspaceId of the path; without one an API key has to pick the workspace
 * @throws PluginError SENDER_UNKNOWN; WORKSPACE_UNKNOWN, to the sender whose API key is another workspace's
 */
export function recogniseSender(
  store: WorkspaceStore,
  headers: IncomingHttpHeaders,
  workspaceId: string | undefined,
): ProvenSender | SignedSender {
  const { apiKey, isPartner, secrets, signature } = readSenderHeaders(headers);
  const owners = apiKey === undefined ? [] : store.findByApiKey(apiKey);
  if (apiKey !== undefined && owners.length > 0) {
    const document = pickOwner(owners, apiKey, workspaceId);
    return isPartner ? { kind: 'partner', document, proof: API_KEY } : { kind: 'webhook', document, proof: WHOLE };
  }
  if (workspaceId === undefined)
    throw new PluginError('SENDER_UNKNOWN', joinDetails('the path names no workspace', describeForm(headers)));

  const document = store.findById(workspaceId);
  if (document !== undefined && store.isOpen) return { kind: 'webhook', document, proof: ANYBODY };
  const headerFits = fitsAny(secrets, withDecoys(document?.segment.headerSecrets));
  if (document !== undefined && headerFits && document.segment.sharedSecrets.length === 0)
    return { kind: 'webhook', document, proof: WHOLE };
  if (signature !== undefined) return { kind: 'signed', signature, document, headerFits };
  throw new PluginError(
    'SENDER_UNKNOWN',
    headerFits
      ? 'the header secret is right, X-Signature is missing'
      : joinDetails(OR_NO_WORKSPACE, describeForm(headers)),
  );
}

/** Whether the head shows a secret that is right: only then is the sender somebody, before the body is read. */
export function isProvenByHead(sender: ProvenSender | SignedSender): boolean {
  return sender.kind === 'signed' ? sender.headerFits : sender.proof !== ANYBODY;
}

/**
 * Checks the signature. Where the workspace has header secrets too, the signature alone is not enough: of a batch it proves the first event only, and an
 * old one can be sent again in front of other events.
 *
 * @param body decompressed bytes
 * @throws PluginError SIGNATURE_INVALID; SENDER_UNKNOWN when the header secret is missing
 */
export function proveSender({ signature, document, headerFits }: SignedSender, body: Buffer): ProvenSender {
  const { sharedSecrets = [], headerSecrets = [], signedPart = 'bodyOrFirst' } = document?.segment ?? {};
  const signed = findSignedPart(signature, body, withDecoys(sharedSecrets), signedPart);
  if (signed === undefined || document === undefined)
    throw new PluginError(
      'SIGNATURE_INVALID',
      joinDetails(headerFits ? 'the header secret is right' : OR_NO_WORKSPACE, describeSignatureForm(signature)),
    );
  if (headerSecrets.length > 0 && !headerFits)
    throw new PluginError('SENDER_UNKNOWN', 'the signature is right, the header secret is missing or wrong');
  return { kind: 'webhook', document, proof: signed === 'body' || headerFits ? WHOLE : FIRST_EVENT };
}
