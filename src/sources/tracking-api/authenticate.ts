// Finds the write key that a call names, and keeps it out of what is told of the call.

import { declaredPathsOf } from '../../settings/declared-route.js';

/** The user of Basic authentication, which is the write key; Segment's own API takes one without the colon, too. */
function readBasicUser(authorization: string): string | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const [user] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return user;
}

/** A value as a write key: a string that is not empty. */
export function toWriteKey(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * The write key of a call: the body's, else that of Basic authentication (Segment's HTTP API). A Bearer token says nothing here: only Segment can
 * check it, so the body has to name the key.
 *
 * @param inBody as the sender wrote it
 * @param authorization the header
 */
export function findWriteKey(inBody: unknown, authorization: string | undefined): string | undefined {
  return toWriteKey(inBody) ?? toWriteKey(readBasicUser(authorization ?? ''));
}

/** Why no workspace was found by the write key of a call, as far as the call alone tells it. */
export function describeMissingKey(writeKey: string | undefined): string {
  if (writeKey !== undefined) return 'no workspace has the write key';
  return 'neither `Authorization: Basic` nor the body names a write key';
}

/** What stands before the write key in a path in which the browser SDK names it: `/projects/` of `/v1/projects/:writeKey/settings`. */
const BEFORE_KEYS = declaredPathsOf('trackingApi', 'sdkSettings').map((path) =>
  path.replace(/^.*?((?:\/[^/:]+)?\/):writeKey.*$/, '$1'),
);

/** A path as it may be told. */
export function withoutWriteKey(path: string): string {
  return BEFORE_KEYS.reduce((told, before) => {
    const start = told.indexOf(before);
    if (start === -1) return told;
    const rest = told.slice(start + before.length);
    return `${told.slice(0, start)}${before}${rest.replace(/^[^/]+/, '[redacted]')}`;
  }, path);
}
