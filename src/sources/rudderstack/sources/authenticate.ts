// Checks the signature of a webhook that came by way of rudder-server's gateway.

import { PluginError } from '../../../base/errors.js';
import type { EpochMs } from '../../../base/time.js';
import { assertTimely, describeSignatureForm, isSignatureValid, readSignature } from '../../statsig/signature.js';
import type { OurSource } from './own-sources.js';
import type { ReceivedWebhook } from './unpack.js';

/**
 * A workspace without signing secrets takes every webhook: the gateway has checked the write key.
 *
 * @throws PluginError WEBHOOK_SIGNATURE_INVALID, WEBHOOK_TIMESTAMP_REFUSED
 */
export function proveWebhook(
  { body, headers }: ReceivedWebhook,
  { signingSecrets, signatureToleranceMs }: OurSource['signing'],
  receivedAt: EpochMs,
): void {
  if (signingSecrets.length === 0) return;
  if (headers === undefined)
    throw new PluginError('WEBHOOK_SIGNATURE_INVALID', 'source transform v1 carries no signature');
  const signature = readSignature(headers);
  if ('fault' in signature) throw new PluginError('WEBHOOK_SIGNATURE_INVALID', signature.fault);
  if (!isSignatureValid(signature, signingSecrets, body))
    throw new PluginError('WEBHOOK_SIGNATURE_INVALID', describeSignatureForm(signature));
  assertTimely(signature, signatureToleranceMs, receivedAt);
}
