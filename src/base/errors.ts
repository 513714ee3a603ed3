// The error table: every code the plugin answers with, its HTTP status, what happened and what to do about it.

interface ErrorRow {
  /** HTTP status of the answer, or of the event's entry in a batch answer. */
  readonly status: number;
  /** What happened, for the person who reads the answer. */
  readonly message: string;
  /** What to do about it. */
  readonly fix: string;
}

/** Faults of one event; the rest of its batch is unharmed. */
export const INVALID_EVENT = {
  ELEMENT_NOT_OBJECT: {
    status: 400,
    message: 'The batch element is not an object.',
    fix: 'Send {message, metadata, destination} for each event.',
  },
  MESSAGE_MISSING: { status: 400, message: 'The message is missing.', fix: 'Send the event itself as `message`.' },
  METADATA_MISSING: {
    status: 400,
    message: 'The metadata is missing.',
    fix: 'Send the metadata that rudder-server attaches: without it the answer cannot be matched to a job.',
  },
  DESTINATION_MISSING: {
    status: 400,
    message: 'The destination is missing.',
    fix: 'Send `destination` with the event, or in a compacted body an entry of `destinations` for its metadata.destinationId.',
  },
  EVENT_TYPE_MISSING: {
    status: 400,
    message: 'The event has no type.',
    fix: 'Set `type` to track, page, screen or group.',
  },
  EVENT_NAME_MISSING: {
    status: 400,
    message: 'The track event has no name.',
    fix: 'Set `event` to a non-empty string.',
  },
  STATSIG_EVENT_NAME_MISSING: {
    status: 400,
    message: 'The Statsig event has no name.',
    fix: "Send events of Statsig's event webhook: each has an `eventName`.",
  },
  AUDIENCE_MEMBERSHIP_MISSING: {
    status: 400,
    message: 'The audience event does not say who enters or leaves.',
    fix: 'Send the audience key with true or false, in `traits` of identify and group calls, in `properties` of track calls.',
  },
  AUDIENCE_LIST_INVALID: {
    status: 400,
    message: "The audience's key cannot be the id of a Statsig segment.",
    fix: 'Give it a row in `audiences.lists` of the settings document. Ids have 3 to 100 letters, digits, _ and -.',
  },
  AUDIENCE_LIST_MISSING: {
    status: 400,
    message: 'The destination names no ID list.',
    fix: 'Enter the id of the Statsig segment as `idListId` in the destination.',
  },
  AUDIENCE_NEEDS_ROUTER: {
    status: 400,
    message: 'Audience events need router transform.',
    fix: 'Announce it with ROUTER_TRANSFORM=true: in processor mode each id would take a request of its own.',
  },
  CONSOLE_KEY_MISSING: {
    status: 400,
    message: 'No Statsig console API key.',
    fix: 'Enter a console API key of the Statsig console as `consoleKey` in the destination or in the settings document.',
  },
  DELETION_USER_MISSING: {
    status: 400,
    message: 'The deletion names no user.',
    fix: 'Send the `userId`: Statsig deletes by it alone.',
  },
  PROOF_INSUFFICIENT: {
    status: 403,
    message: 'What proves the sender does not cover this change of a list or deletion.',
    fix: 'Set `segment.headerSecrets` in the settings document of the workspace and send one of them as `Authorization: Bearer SECRET`: the signature of a batch covers its first event only.',
  },
  RELAY_UNDOCUMENTED: {
    status: 400,
    message: 'The workspace relays messages (`mode: webhook`), which Statsig documents for RudderStack only.',
    fix: 'Set `mode: events` in the settings document of the workspace, or give Segment and the SDKs a workspace of their own.',
  },
  SECRET_KEY_MISSING: {
    status: 400,
    message: 'No Statsig secret key.',
    fix: 'Enter the server secret key of the Statsig console as `secretKey` in the destination or in the settings document.',
  },
  SECRET_KEY_TEMPLATED: {
    status: 400,
    message: 'A template supplies a key.',
    fix: 'Enter the key itself, or set `allowTemplatedSecretKey` if anyone who writes events may choose the key.',
  },
  URL_TEMPLATED: {
    status: 400,
    message: 'A template supplies an address.',
    fix: 'Enter the address itself: anyone who writes events could otherwise choose where the keys go.',
  },
  KEY_ADDRESS_REFUSED: {
    status: 400,
    message: 'The Config names an address for a key of the settings document.',
    fix: 'Enter the address in the settings document, or the key beside the address in the Config: a key goes to the addresses of its own place and to Statsig alone.',
  },
  SECRET_REFERENCE_REFUSED: {
    status: 400,
    message: 'A key of a destination Config is a reference.',
    fix: '`env:` and `file:` work in settings documents only. Move the key there, or enter the key itself.',
  },
  SETTINGS_INVALID: {
    status: 400,
    message: 'The settings of this destination are not valid.',
    fix: 'Correct the named field of the destination Config; docs/settings.md lists what it may hold.',
  },
  EVENT_TOO_LARGE: {
    status: 400,
    message: 'The event is too large.',
    fix: 'Send smaller events, or raise TRACKING_MAX_EVENT_BYTES; what the batch adds to each of its events counts. A converted event may have 32 KB, and its metadata what `metadataMaxLength` allows.',
  },
  ID_TOO_LONG: {
    status: 400,
    message: 'An id is too long.',
    fix: 'Use at most 1,024 characters for an id, and for the name of a custom id. Ids are never cut: a cut id joins to nothing.',
  },
  EVENT_NAME_TOO_LONG: {
    status: 400,
    message: "The event's name is too long.",
    fix: 'Use at most 4,096 characters; those beyond `eventNameMaxLength` are not sent anyway.',
  },
  MESSAGE_ID_TOO_LONG: {
    status: 400,
    message: 'The message id is too long.',
    fix: 'Use at most 100 characters for `messageId`.',
  },
  TIME_UNUSABLE: {
    status: 400,
    message: 'The event of the past does not say when it happened, in a way that can be used.',
    fix: 'Set `timestamp`: ISO 8601, or seconds or milliseconds since the epoch, of 2001 or later and not of the future. Events that happen now go to /v1/batch.',
  },
  NESTED_TOO_DEEP: {
    status: 400,
    message: 'The event is nested too deep to be written.',
    fix: 'Flatten the event.',
  },
} as const satisfies Record<string, ErrorRow>;

/** Faults of a whole request. */
export const INVALID_REQUEST = {
  PATH_INVALID: { status: 400, message: 'The path is not valid.', fix: 'Encode the path as percent-encoded UTF-8.' },
  BODY_EMPTY: { status: 400, message: 'The body is empty.', fix: 'Send JSON.' },
  BODY_NOT_JSON: { status: 400, message: 'The body is not JSON.', fix: 'Send valid JSON.' },
  BODY_TOO_DEEP: { status: 400, message: 'The body is nested too deep.', fix: 'Flatten the events.' },
  BODY_TOO_MANY_VALUES: {
    status: 413,
    message: 'The body holds too many values, or too much text, for the memory of the process.',
    fix: 'Send smaller batches and smaller events, or give the process more heap (NODE_OPTIONS=--max-old-space-size).',
  },
  ANSWER_TOO_LARGE: {
    status: 413,
    message: 'The answer would be too large.',
    fix: 'Send smaller batches: what the answer repeats of each event, its destination for one, comes to more than MAX_BODY_BYTES.',
  },
  BODY_NOT_A_BATCH: {
    status: 400,
    message: 'The body is not a batch of events.',
    fix: 'Send an array of {message, metadata, destination}, or {"input": [...], "destinations": {...}} with the header X-Content-Format: json+compactedv1.',
  },
  BODY_INPUT_MISSING: {
    status: 400,
    message: 'The body has no `input` array.',
    fix: 'Send {"input": [...], "destType": "statsig"}.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    message: 'The body is too large.',
    fix: 'Send smaller batches, or raise the limit as the message says.',
  },
  BODY_INCOMPLETE: { status: 400, message: 'The body ended early.', fix: 'Send as many bytes as Content-Length says.' },
  ENCODING_UNSUPPORTED: {
    status: 415,
    message: 'The Content-Encoding is not supported.',
    fix: 'Use gzip, deflate, br or none.',
  },
  ENCODING_BROKEN: {
    status: 400,
    message: 'The body does not match its Content-Encoding.',
    fix: 'Compress the body as the header says, or drop the header.',
  },
  DELIVERY_REQUEST_INVALID: {
    status: 400,
    message: 'The delivery request is not valid.',
    fix: 'Send the delivery request of the transform answer unchanged, with its metadata.',
  },
  ENDPOINT_NOT_ALLOWED: {
    status: 400,
    message: 'The endpoint is not a configured Statsig host.',
    fix: 'Set `eventsUrl` or `apiUrl` of a settings document to this host if it is yours.',
  },
  SENDER_UNKNOWN: {
    status: 401,
    message: 'The sender did not identify itself with a known secret.',
    fix: 'Send one of `segment.headerSecrets` as `Authorization: Bearer SECRET`, one of `segment.apiKeys` or `trackingApi.writeKeys` as `Authorization: Basic` with the base64 of `KEY:`, a write key also as `writeKey` in the body; or sign the body in `X-Signature` with one of `segment.sharedSecrets`.',
  },
  SIGNATURE_INVALID: {
    status: 401,
    message: 'The signature does not fit the body and any shared secret of the workspace.',
    fix: 'Enter the same shared secret in the destination and in `segment.sharedSecrets` of the settings document. `X-Signature` is the HMAC-SHA1 of the body with it, as 40 hex digits.',
  },
  WORKSPACE_UNKNOWN: {
    status: 404,
    message: 'There is no workspace of this id.',
    fix: 'Use the id of a settings document in the path.',
  },
  EVENT_TYPE_UNSUPPORTED: {
    status: 501,
    message: 'Statsig has no use for events of this type.',
    fix: 'Send track, page, screen, group or identify events.',
  },
  BODY_NOT_SEGMENT_EVENTS: {
    status: 400,
    message: 'The body holds no Segment events.',
    fix: "In the destination's mapping set Data to the whole event, `$.`.",
  },
  BODY_NOT_STATSIG_EVENTS: {
    status: 400,
    message: 'The body holds no Statsig events.',
    fix: 'Point Statsig\'s event webhook here: it sends a list of events, or {"data": [...]}.',
  },
  WEBHOOK_SIGNATURE_INVALID: {
    status: 401,
    message: 'The signature does not fit the body and any signing secret of the workspace.',
    fix: "Enter the signing secret of Statsig's event webhook in `outbound.signingSecrets` of the settings document. `X-Statsig-Signature` is `v0=` and the HMAC-SHA256 of `v0:TIME:BODY` with it, as 64 hex digits; TIME is that of `X-Statsig-Request-Timestamp`, in milliseconds.",
  },
  WEBHOOK_TIMESTAMP_REFUSED: {
    status: 401,
    message: 'The signed time is too far from the time here.',
    fix: 'Sign the time in milliseconds since 1970, set the clock of this machine, or raise `outbound.signatureToleranceMs`.',
  },
  BODY_NOT_TRACKING_CALL: {
    status: 400,
    message: 'The body is no call of the Tracking API.',
    fix: 'Send one event as a JSON object to the route of its type, or {"batch": [...]} to /v1/batch.',
  },
  AUDIENCE_NAME_MISSING: {
    status: 400,
    message: 'The request names no audience.',
    fix: 'Send {"audienceName": "..."} to create, {"externalId": "..."} to get.',
  },
  AUDIENCES_OFF: {
    status: 400,
    message: 'The workspace keeps no ID lists.',
    fix: 'Enter a console API key of the Statsig console as `consoleKey` in its settings document.',
  },
  AUDIENCE_UNKNOWN: {
    status: 404,
    message: 'Statsig has no ID list of this id.',
    fix: 'Make the list in the Statsig console, or let Segment create it.',
  },
  BODY_NOT_DELETIONS: {
    status: 400,
    message: 'The body holds no deletion jobs.',
    fix: 'Send [{jobId, destType, config, userAttributes}].',
  },
  WRITE_KEY_UNKNOWN: {
    status: 404,
    message: 'No workspace has this write key.',
    fix: 'Use a key that `trackingApi.writeKeys` of a settings document names.',
  },
  ADMIN_REFUSED: {
    status: 401,
    message: 'The admin token is missing or wrong, or the session is over.',
    fix: 'Send `Authorization: Bearer` with ADMIN_TOKEN or ADMIN_READ_TOKEN, or from this machine with the token in the file `admin-token` beside the outbox; in a browser sign in at /console.',
  },
  ROLE_INSUFFICIENT: {
    status: 403,
    message: 'ADMIN_READ_TOKEN changes nothing.',
    fix: 'Use ADMIN_TOKEN, or from this machine the token in the file `admin-token` beside the outbox.',
  },
  ORIGIN_REFUSED: {
    status: 403,
    message: 'The request is not proven to come from a page of this process.',
    fix: 'In a browser use /console. Elsewhere send the token as `Authorization: Bearer` and no cookie.',
  },
  HOST_REFUSED: {
    status: 403,
    message: 'The request asks for another host than this machine.',
    fix: 'Open http://localhost with the port of this process, or set ADMIN_TOKEN to use it from other machines and behind proxies.',
  },
  TOO_MANY_WRONG_TOKENS: {
    status: 429,
    message: 'Too many wrong tokens came from this address.',
    fix: 'Wait as long as the message says, then send the right one.',
  },
  FILE_UNKNOWN: {
    status: 404,
    message: 'The console has no such file.',
    fix: 'Open /console/. A page that was open while the plugin was replaced has to be loaded again.',
  },
  REQUEST_INVALID: {
    status: 400,
    message: 'The request is not one that the route takes.',
    fix: 'Correct what is named; docs/api.md says what each route takes.',
  },
  TESTER_BODY_INVALID: {
    status: 400,
    message: 'The body cannot be tried.',
    fix: 'Send a body as its source sends it, and name the workspace where there are several.',
  },
  TESTER_BODY_MASKED: {
    status: 400,
    message:
      'The body holds fields that were masked where it was taken from: their marks would be sent in place of their values.',
    fix: 'Write the real values in place of `[redacted]`, or remove the fields.',
  },
  WORKSPACE_NOT_NAMED: {
    status: 400,
    message: 'It cannot be told which workspace is meant.',
    fix: 'Name one of the settings as `workspace`.',
  },
  LIVE_ENTRY_UNKNOWN: {
    status: 404,
    message: 'The live log has no such entry.',
    fix: 'It was pushed out by newer ones, or the process has started anew: look at the newest entries.',
  },
  DEAD_LETTERS_NOT_NAMED: {
    status: 400,
    message: 'The request names no dead letters.',
    fix: 'Send {"keys": [...]}, or {"workspace": "..."} for all of a workspace.',
  },
  DEAD_LETTER_UNKNOWN: {
    status: 404,
    message: 'There is no dead letter of this key.',
    fix: 'It was put back or dropped meanwhile: list what is there.',
  },
  REDELIVERY_UNKNOWN: {
    status: 404,
    message: 'This redelivery is not known.',
    fix: 'The last hundred since the start are. What was put back is delivered all the same: look at the dead letters.',
  },
  TARGET_IN_FORCE: {
    status: 409,
    message: 'What waits for this target is being delivered.',
    fix: 'Take the target out of the settings, or set `paused`, before you drop what waits for it.',
  },
  SETTINGS_EDIT_INVALID: {
    status: 400,
    message: 'The body is no edit of settings.',
    fix: 'Send {"workspace", "version", "changes": [{"path", "value"}]} or {"workspace", "version", "text"}, as docs/settings.md says.',
  },
  SETTINGS_EDIT_FAULTY: {
    status: 400,
    message: 'The settings would not work with this edit. Nothing was written.',
    fix: 'Correct what `faults` names and look at the preview again.',
  },
  SETTINGS_CHANGED: {
    status: 409,
    message: 'Somebody else has changed the file since it was read. Nothing was written.',
    fix: 'Look at what it holds now (`current`), and make the edit again.',
  },
  SETTINGS_NOT_WRITABLE: {
    status: 409,
    message: 'The settings cannot be written from here.',
    fix: 'Make the edit that `diff` shows where the settings come from.',
  },
  SETTINGS_VERSION_UNKNOWN: {
    status: 404,
    message: 'The history has no such version.',
    fix: 'Use an id that /api/settings/history lists; the oldest versions are forgotten.',
  },
  CONNECT_DEED_UNKNOWN: {
    status: 404,
    message: 'This deed of connecting is not known.',
    fix: 'The last twenty since the start are. What it made is there: do it again, and it goes on from that.',
  },
  CONNECT_BUSY: {
    status: 409,
    message: 'The workspace is being connected.',
    fix: 'Wait until that is over, or stop it: the next one goes on from what it made.',
  },
  BATCH_TOO_LONG: { status: 400, message: 'The batch holds too many events.', fix: 'Send smaller batches.' },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: 'The route takes another method.',
    fix: 'Use a method that the header `Allow` names; events are sent by POST, as JSON.',
  },
  ROUTE_UNKNOWN: {
    status: 404,
    message: 'This plugin does not serve the route.',
    fix: 'Correct the path: docs/routes.md lists the routes.',
  },
} as const satisfies Record<string, ErrorRow>;

/** Faults and limits on our side: the sender keeps the events and tries again. */
export const UNAVAILABLE = {
  SETTINGS_NOT_SAVED: {
    status: 503,
    message: 'The settings could not be written. The file is as it was.',
    fix: 'Make room on the disk, or give the process the right to write there, and save again.',
  },
  INTERNAL: {
    status: 503,
    message: 'The plugin failed on this request.',
    fix: 'Retry. If it stays, report the log line of this request.',
  },
  OVERLOADED: {
    status: 503,
    message: 'Too much comes at once: bytes in flight, or large calls.',
    fix: 'Retry. If it stays, raise MAX_BYTES_IN_FLIGHT, send smaller calls or run more replicas.',
  },
  LIVE_LOG_FULL: {
    status: 503,
    message: 'As many watch the live log as can at a time.',
    fix: 'Close a page or a `statsig-cdp tail` that no one needs, and ask again.',
  },
  CONNECT_FULL: {
    status: 503,
    message: 'As much is being connected as can be at a time.',
    fix: 'Wait until one of the others is over, or stop it.',
  },
  DRAINING: {
    status: 503,
    message: 'The plugin is stopping.',
    fix: 'Retry: another replica or the restarted one answers.',
  },
  SETTINGS_NOT_LOADED: {
    status: 503,
    message: 'The settings are not loaded yet.',
    fix: 'Retry. /readyz says what is missing.',
  },
  BODY_TAKEN: {
    status: 503,
    message: 'The body of the request was read before it came to statsig-cdp.',
    fix: 'Mount statsig-cdp before `express.json()` and everything else that reads bodies: signatures are of the bytes as they were sent.',
  },
  TARGETS_MISSING: {
    status: 503,
    message: 'The workspace has lost its outbound targets.',
    fix: 'Put them back in `outbound.targets`. To make it a dry run on purpose, drop what waits for them (`statsig-cdp waiting drop`) and start the process again.',
  },
  PUBLIC_ROUTES_OFF: {
    status: 503,
    message: 'This port does not serve senders outside.',
    fix: 'Send to PUBLIC_PORT. Where it is not set, set it and restart; /readyz on PORT says why it is needed.',
  },
  OUTBOX_FULL: {
    status: 429,
    message: 'The outbox is full.',
    fix: 'Retry after the time in Retry-After. If it stays, look why the targets do not take what waits, or raise OUTBOX_MAX_BYTES.',
  },
  OUTBOX_UNAVAILABLE: {
    status: 503,
    message: 'The outbox does not take the events: its disk or its database does not, or it is full.',
    fix: 'Retry. /readyz/ingest says which: for the disk or the database what it says; where the outbox is full, look why the targets do not take what waits, or raise OUTBOX_MAX_BYTES.',
  },
  OUTBOX_UNCONFIRMED: {
    status: 503,
    message: 'It is not known whether the events are stored: the outbox broke off while it stored them.',
    fix: 'Retry: events of the same message id that are stored are not delivered again.',
  },
  STATSIG_UNAVAILABLE: {
    status: 503,
    message: 'Statsig does not take the request now.',
    fix: 'Retry.',
  },
  LOOP_DETECTED: {
    status: 508,
    message: 'The request has come through this process before.',
    fix: 'Point UPSTREAM_TRANSFORMER_URL to the stock transformer: it leads back here.',
  },
  UPSTREAM_UNREACHABLE: {
    status: 503,
    message: 'The upstream transformer does not answer.',
    fix: 'Retry. Check UPSTREAM_TRANSFORMER_URL and the transformer behind it.',
  },
} as const satisfies Record<string, ErrorRow>;

/** What Node refuses before it is a request. Node's answer has no body: the code is in the metrics and the log alone. */
export const UNREADABLE = {
  HTTP_INVALID: {
    status: 400,
    message: 'What came is not HTTP.',
    fix: 'Send HTTP/1.1 without TLS: a proxy before this process ends it.',
  },
  CONNECT_REFUSED: {
    status: 405,
    message: 'CONNECT asks for a proxy, which this is not.',
    fix: 'Take this process out of the proxy settings of the program that sends it.',
  },
  REQUEST_TOO_SLOW: {
    status: 408,
    message: 'The request did not come in time.',
    fix: 'Send the head of a request within a minute, and all of it within five. A proxy before this process that waits for whole requests keeps slow senders away from it.',
  },
  CHUNK_EXTENSIONS_TOO_LARGE: {
    status: 413,
    message: 'The chunks of the body have too long extensions.',
    fix: 'Send chunks without extensions.',
  },
  EXPECTATION_UNKNOWN: {
    status: 417,
    message: 'The header Expect asks for something else than 100-continue.',
    fix: 'Send the request without `Expect`.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    message: 'The headers are too large.',
    fix: 'Send path and headers of at most 16 KiB together: cookies of the site need not come here.',
  },
} as const satisfies Record<string, ErrorRow>;

/** Every code, with its row. docs/errors.md is generated from it. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorRow>> = {
  ...INVALID_EVENT,
  ...INVALID_REQUEST,
  ...UNAVAILABLE,
  ...UNREADABLE,
};

export type InvalidEventCode = keyof typeof INVALID_EVENT;
export type InvalidRequestCode = keyof typeof INVALID_REQUEST;
export type UnavailableCode = keyof typeof UNAVAILABLE;
export type UnreadableCode = keyof typeof UNREADABLE;
export type ErrorCode = InvalidEventCode | InvalidRequestCode | UnavailableCode | UnreadableCode;

/** One line for people: `CODE: what happened (where: detail). What to do.` */
export function describeError(code: ErrorCode, path?: string, detail?: string): string {
  const { message, fix } = ERRORS[code];
  const where = [path, detail].filter((part) => part !== undefined && part !== '').join(': ');
  return where === '' ? `${code}: ${message} ${fix}` : `${code}: ${message.slice(0, -1)} (${where}). ${fix}`;
}

/** A whole request that cannot be served. The one error handler of the app turns it into the answer. */
export class PluginError extends Error {
  readonly code: InvalidRequestCode | UnavailableCode;

  /** @param detail what is wrong in this very request; must hold nothing secret. */
  constructor(code: InvalidRequestCode | UnavailableCode, detail?: string) {
    super(describeError(code, undefined, detail));
    this.name = 'PluginError';
    this.code = code;
  }

  /** HTTP status of the answer. */
  get status(): number {
    return ERRORS[this.code].status;
  }

  /** True when the fault or limit is ours and the sender should try again. */
  get retryable(): boolean {
    return this.code in UNAVAILABLE;
  }
}
