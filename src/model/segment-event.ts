// The CDP vocabulary: an event in the Segment Spec's common fields, which is also what RudderStack sends.

/** A JSON object as a sender wrote it: nothing about its fields has been checked. */
export type JsonObject = { readonly [key: string]: unknown };

/**
 * One event as received. Senders get fields wrong, so every field is `unknown` until the step that needs it narrows it.
 * Fields: the Segment Spec's common fields (https://segment.com/docs/connections/spec/common/).
 */
export interface SegmentEvent extends JsonObject {
  readonly type?: unknown;
  readonly event?: unknown;
  readonly name?: unknown;
  readonly category?: unknown;
  readonly userId?: unknown;
  readonly anonymousId?: unknown;
  readonly groupId?: unknown;
  readonly messageId?: unknown;
  readonly timestamp?: unknown;
  readonly originalTimestamp?: unknown;
  readonly receivedAt?: unknown;
  readonly properties?: unknown;
  readonly traits?: unknown;
  readonly context?: unknown;
}

/** True for a JSON object; false for null, arrays and scalars. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of an object; `undefined` where there is none. @param name of our own, which no prototype has: whether a field is its own costs more than to read it */
export function fieldOf(
  object: unknown,
  name: 'library' | 'integration' | 'name' | 'personas' | 'computation_class',
): unknown {
  return isJsonObject(object) ? object[name] : undefined;
}

/** The same for any name; `undefined` where there is none of its own: a name that comes from outside may be `constructor`. */
export function ownField(object: unknown, name: string): unknown {
  return isJsonObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}
