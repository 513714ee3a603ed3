// Our types in rudder-server's requests, as the manifest names them.

import { manifest } from '../../settings/manifest.js';

/** Of the destination, as rudder-server writes it in documents: `STATSIG`. */
export const DESTINATION_TYPE = manifest.name;

/** The same as rudder-server writes it in paths: `statsig`. */
export const PATH_TYPE = DESTINATION_TYPE.toLowerCase();

/** What to do about requests for other types, where there is no upstream. */
export const STOCK_TRANSFORMER = 'UPSTREAM_TRANSFORMER_URL names the stock transformer for everything but Statsig';

/** Why a request is not served that names its type in the body. */
export const NOT_OURS = `destType is not ${PATH_TYPE}; ${STOCK_TRANSFORMER}`;

/** Why a webhook of a source is not taken. */
export const NO_DOCUMENT = `no settings document names the source; ${STOCK_TRANSFORMER}`;

/** Of the source, in small letters. */
const SOURCE_TYPE = manifest.rudderstack.source.name.toLowerCase();

function isType(found: unknown, type: string): boolean {
  return typeof found === 'string' && found.trim().toLowerCase() === type;
}

/** True for our destination type in any case: rudder-server writes it in small letters in some places and in capitals in others. */
export function isStatsig(destinationType: unknown): boolean {
  return isType(destinationType, PATH_TYPE);
}

/** The same of our source type. */
export function isStatsigSource(sourceType: unknown): boolean {
  return isType(sourceType, SOURCE_TYPE);
}
