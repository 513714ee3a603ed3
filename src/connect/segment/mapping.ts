// The mapping of the webhook destination: what is sent, where, and with which header.

import { isDeepStrictEqual } from 'node:util';
import type { Secret } from '../../base/secret.js';
import { isJsonObject, type JsonObject } from '../../model/segment-event.js';
import { HIDDEN } from '../step.js';
import type { MappedType } from './options.js';
import type { SegmentMapping } from './resources.js';

/** What a mapping is to be. */
export interface WantedMapping {
  readonly name: string;
  readonly actionId: string;
  readonly url: string;
  readonly header: Secret | undefined;
  /** `undefined`: what a mapping that is there has; a new one the default. */
  readonly types: readonly MappedType[] | undefined;
  readonly defaultTypes: readonly MappedType[];
  readonly batchSize: number | undefined;
}

/** What the API is sent for a new mapping. */
export interface MappingBody extends JsonObject {
  readonly name: string;
  readonly actionId: string;
  readonly trigger: string;
  readonly enabled: boolean;
  readonly settings: JsonObject;
}

const DEFAULT_BATCH = 1000;

/** The whole event. */
const WHOLE = { '@path': '$.' };

const HEADER = 'Authorization';

/** Says in Segment's filter language which events are sent. */
export function triggerOf(types: readonly MappedType[]): string {
  return types.map((type) => `type = "${type}"`).join(' or ');
}

function headerValue(header: Secret | undefined, isShown: boolean): string {
  return isShown && header !== undefined ? `Bearer ${header.reveal()}` : HIDDEN;
}

function batching(size: number): JsonObject {
  return size === 0 ? { enable_batching: false } : { enable_batching: true, batch_size: size };
}

function headersIn({ headers }: JsonObject): JsonObject {
  return isJsonObject(headers) ? headers : {};
}

/** The settings that must be so, on top of those that are there. */
function settingsOn(before: JsonObject, { url, header, batchSize }: WantedMapping, isShown: boolean): JsonObject {
  return {
    ...before,
    url,
    method: 'POST',
    headers: { ...headersIn(before), [HEADER]: headerValue(header, isShown) },
    data: WHOLE,
    ...(batchSize !== undefined && batching(batchSize)),
  };
}

/** A new mapping. @param isShown whether the header is in it, for the wire, or is hidden, for people */
export function newMapping(wanted: WantedMapping, isShown: boolean): MappingBody {
  const { name, actionId, types = wanted.defaultTypes, batchSize = DEFAULT_BATCH } = wanted;
  const settings = settingsOn({}, { ...wanted, batchSize }, isShown);
  return { name, actionId, trigger: triggerOf(types), enabled: true, settings };
}

/** Whether a text is one that stands for a secret which is not shown. */
export function isMasked(value: unknown): boolean {
  return typeof value === 'string' && /^[*•·]+/.test(value);
}

/** Whether mappings that are there post here. */
export function postsTo({ settings }: SegmentMapping, url: string): boolean {
  return typeof settings.url === 'string' && settings.url.replace(/(?<!\/)\/+$/, '') === url;
}

/**
 * What has to change of a mapping that is there; what people may have chosen themselves (trigger, batches) changes only where it is asked for.
 *
 * @returns undefined where nothing has to
 */
export function changeOfMapping(
  { trigger, enabled, settings }: SegmentMapping,
  wanted: WantedMapping,
  isShown: boolean,
): { readonly input: JsonObject } | undefined {
  const now = headersIn(settings)[HEADER];
  const expected = settingsOn(settings, wanted, true);
  const seen = isMasked(now) ? { ...expected, headers: { ...headersIn(settings) } } : expected;
  const wantedTrigger = wanted.types === undefined ? trigger : triggerOf(wanted.types);
  if (enabled && trigger === wantedTrigger && isDeepStrictEqual(settings, seen)) return undefined;
  return { input: { trigger: wantedTrigger, enabled: true, settings: settingsOn(settings, wanted, isShown) } };
}
