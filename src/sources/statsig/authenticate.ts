// Decides whether a request comes from the Statsig project of the workspace in its path.

import type { IncomingHttpHeaders } from 'node:http';
import { PluginError } from '../../base/errors.js';
import type { Secret } from '../../base/secret.js';
import type { EpochMs } from '../../base/time.js';
import type { ReadBody } from '../../http/request-reader.js';
import type { WorkspaceDocument } from '../../settings/document.js';
import type { WorkspaceStore } from '../../settings/store.js';
import { joinDetails, OR_NO_WORKSPACE, withDecoys } from '../signed-with.js';
import {
  assertTimely,
  describeSignatureForm,
  isSignatureValid,
  readSignature,
  type SentSignature,
} from './signature.js';

/** What a request's head says of its sender. */
export type Sender =
  /** Needs no proof, because the workspace holds nothing and sends nowhere. */
  | { readonly kind: 'open'; readonly document: WorkspaceDocument }
  /** Has yet to be proven by the body. Without a document there is no such workspace: then no signature is right. */
  | {
      readonly kind: 'signed';
      readonly signature: SentSignature;
      readonly document: WorkspaceDocument | undefined;
    }
  /** Can prove nothing. */
  | { readonly kind: 'refused'; readonly error: PluginError };

/** Of a request that proves nothing, the answer depends on the request alone and not on whether there is such a workspace, or what it asks for. */
export function recogniseSender(store: WorkspaceStore, headers: IncomingHttpHeaders, workspaceId: string): Sender {
  const document = store.findById(workspaceId);
  if (document !== undefined && store.isOpen) return { kind: 'open', document };
  const signature = readSignature(headers);
  return 'fault' in signature
    ? { kind: 'refused', error: new PluginError('WEBHOOK_SIGNATURE_INVALID', signature.fault) }
    : { kind: 'signed', signature, document };
}

/** True for a right signature of the bytes as they came or, where they came compressed, of what they hold. */
async function isSigned(signature: SentSignature, secrets: readonly Secret[], body: ReadBody): Promise<boolean> {
  if (isSignatureValid(signature, secrets, body.raw)) return true;
  const bytes = await body.bytes();
  return bytes !== body.raw && isSignatureValid(signature, secrets, bytes);
}

/**
 * Checks the signature, of a compressed body either way: no one says whether it is made before or after compression. The time is looked at only when
 * the signature is right, so that a forger learns nothing of it.
 *
 * @throws PluginError WEBHOOK_SIGNATURE_INVALID, WEBHOOK_TIMESTAMP_REFUSED; for compressed bodies what reading them throws
 */
export async function proveSender(sender: Sender, body: ReadBody, receivedAt: EpochMs): Promise<WorkspaceDocument> {
  if (sender.kind === 'refused') throw sender.error;
  const { document } = sender;
  if (sender.kind === 'open') return sender.document;
  const { signature } = sender;
  const secrets = withDecoys(document?.outbound.signingSecrets);
  if (!(await isSigned(signature, secrets, body)) || document === undefined)
    throw new PluginError('WEBHOOK_SIGNATURE_INVALID', joinDetails(OR_NO_WORKSPACE, describeSignatureForm(signature)));
  assertTimely(signature, document.outbound.signatureToleranceMs, receivedAt);
  return document;
}
