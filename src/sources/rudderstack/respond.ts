// The parts that answers to rudder-server share: status, error text, statTags, echoed objects.

import { describeError, ERRORS, type InvalidEventCode } from '../../base/errors.js';
import { toJsonText } from '../../base/json.js';
import type { Filtered, Invalid } from '../../model/conversion.js';
import type { JsonObject } from '../../model/segment-event.js';
import { DESTINATION_TYPE } from './destination-type.js';

/** Faults that those who edit the destination can fix; the others are of those who write events. */
const CONFIGURATION_FAULTS: ReadonlySet<InvalidEventCode> = new Set([
  'SECRET_KEY_MISSING',
  'SECRET_KEY_TEMPLATED',
  'SECRET_REFERENCE_REFUSED',
  'URL_TEMPLATED',
  'SETTINGS_INVALID',
  'CONSOLE_KEY_MISSING',
  'AUDIENCE_LIST_MISSING',
  'AUDIENCE_NEEDS_ROUTER',
]);

/** Status of an event that is not sent on purpose: rudder-server reports it as filtered, not as an error. */
export const FILTERED_STATUS = 298;

/** Which of rudder-server's calls an answer belongs to, in its own words. */
export type Feature = 'processor' | 'router' | 'batch' | 'dataDelivery';

/** rudder-server turns these into the labels of its metric `integration.failure_detailed`; values must be strings. */
export function statTags(
  feature: Feature,
  errorCategory: string,
  errorType: string,
  metadata: JsonObject | undefined,
): Record<string, string> {
  const tags: Record<string, string> = {
    errorCategory,
    errorType,
    destType: DESTINATION_TYPE,
    module: 'destination',
    implementation: 'native',
    feature,
  };
  for (const key of ['destinationId', 'workspaceId'] as const) {
    const id = metadata?.[key];
    if (typeof id === 'string') tags[key] = id;
  }
  return tags;
}

/** The status and texts of an event that is not sent, as JSON fields without braces. */
export function rejectionFields(
  result: Filtered | Invalid,
  feature: Feature,
  metadata: JsonObject | undefined,
): string {
  if (result.kind === 'filtered') {
    return `"statusCode":${FILTERED_STATUS},"error":${JSON.stringify(`filtered (${result.reason}): ${result.detail}`)}`;
  }
  const { status } = ERRORS[result.code];
  const tags = statTags(
    feature,
    'dataValidation',
    CONFIGURATION_FAULTS.has(result.code) ? 'configuration' : 'instrumentation',
    metadata,
  );
  return `"statusCode":${status},"error":${JSON.stringify(describeError(result.code, result.path, result.detail))},"statTags":${JSON.stringify(tags)}`;
}

/** What is known of an element's metadata. */
interface EchoedMetadata {
  readonly metadata: JsonObject | undefined;
  /** As the sender wrote it, where that is at hand. */
  readonly metadataText?: string | undefined;
}

/** The metadata echoed whole, as JSON. One nested too deep to be written is echoed without its nested fields. */
export function echoMetadata({ metadata, metadataText }: EchoedMetadata): string {
  if (metadata === undefined) return '{}';
  if (metadataText !== undefined) return metadataText;
  return (
    toJsonText(metadata) ??
    JSON.stringify(Object.fromEntries(Object.entries(metadata).filter(([, value]) => typeof value !== 'object')))
  );
}
