// The routes of Segment's Tracking API, which Segment's SDKs call.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeError, PluginError } from '../../base/errors.js';
import type { BodyLimit } from '../../http/body-limit.js';
import type { ProxyTrust } from '../../http/proxy-trust.js';
import type { NoteRefusal, Refused } from '../../http/refusals.js';
import type { ReadBody, RequestReader } from '../../http/request-reader.js';
import type { ProtocolCode, RoutedRequest, RouteHandler } from '../../http/route.js';
import { sendJsonText } from '../../http/send-response.js';
import { findWriteKey } from './authenticate.js';
import { allowOrigin, answerPreflight, setOriginHeaders } from './cors.js';
import { CutFault, cutBatch } from './cut-events.js';
import { LargeCalls } from './large-calls.js';
import { isLargeCount, ORDINARY_CALL_BYTES, UNKNOWN_SENDER } from './limits.js';
import { readCall } from './read-call.js';
import { type Received, type ReceiverDeps, receive, receiveCut, type Sender } from './receive.js';
import { receivedText, trackingErrorText } from './respond.js';
import { sdkSettingsText } from './sdk-settings.js';
import { type Call, SINGLE_TYPES, unpackBatch, unpackImport, unpackSingle } from './unpack.js';

/** What the routes work with. */
export interface TrackingApiDeps extends ReceiverDeps {
  /** Made with the limit that `CALL_BYTES_SETTING` names. */
  readonly reader: RequestReader;
  /** Which proxies in front are believed. */
  readonly trustProxy: ProxyTrust;
  /** Told of each call that is refused here, and of each event of a call whose write key no one knows. */
  readonly onRefused: NoteRefusal;
}

/** An event beside others whose keys are known. */
const UNKNOWN_KEY: Refused = { code: 'SENDER_UNKNOWN', message: describeError('SENDER_UNKNOWN') };

type Unpack = (body: unknown) => Call;

async function answer(response: ServerResponse, receiving: Promise<readonly Received[]>): Promise<readonly Received[]> {
  const results = await receiving;
  sendJsonText(response, 200, receivedText(results));
  return results;
}

/** The Tracking API. Faults are answered `{"success": false, "code", "error", "message"}`. */
export function createTrackingApiRoutes(deps: TrackingApiDeps): ProtocolCode {
  const { reader, store } = deps;
  const large = new LargeCalls();

  function assertLoaded(): void {
    if (!store.loaded) throw new PluginError('SETTINGS_NOT_LOADED');
  }

  function senderOf({ writeKey }: Call, request: IncomingMessage): Sender {
    return {
      writeKey: findWriteKey(writeKey, request.headers.authorization),
      address: deps.trustProxy.addressOf(request),
    };
  }

  /** Does not wait for the disk, as little as `receive`: so nothing holds the parsed body meanwhile. */
  async function start(unpack: Unpack, request: IncomingMessage, body: ReadBody): Promise<readonly Received[]> {
    assertLoaded();
    const { authorization } = request.headers;
    const read = async () => {
      const call = unpack(await readCall(await body.json()));
      return { call, sender: senderOf(call, request) };
    };
    if ((await body.bytes()).length > ORDINARY_CALL_BYTES)
      return large.run(findWriteKey(undefined, authorization), async () => {
        const { call, sender } = await read();
        return receive(call, sender, deps);
      });
    const { call, sender } = await read();
    const work = () => receive(call, sender, deps);
    return isLargeCount(call.events.length) ? large.run(sender.writeKey, work) : work();
  }

  /** Event by event where that can be done. Of such a call nothing is held while the disk is waited for but its bytes. */
  async function startBatch(unpack: Unpack, request: IncomingMessage, body: ReadBody): Promise<readonly Received[]> {
    assertLoaded();
    const bytes = await body.bytes();
    const cut = bytes.length > ORDINARY_CALL_BYTES ? undefined : cutBatch((await body.json()).bytes);
    if (cut === undefined) return start(unpack, request, body);
    try {
      const { body: around, events } = cut;
      const call = unpack(around);
      const sender = senderOf(call, request);
      const work = () => receiveCut(call, events, sender, deps);
      return await (isLargeCount(events.seeming) ? large.run(sender.writeKey, work) : work());
    } catch (error) {
      if (error instanceof CutFault) return start(unpack, request, body);
      throw error;
    }
  }

  /** Of a call whose body is not read yet. */
  function limitOf({ headers }: IncomingMessage): BodyLimit | undefined {
    const key = findWriteKey(undefined, headers.authorization);
    return key !== undefined && store.findByWriteKey(key) !== undefined ? undefined : UNKNOWN_SENDER;
  }

  function take(unpack: Unpack, begin = start): RouteHandler {
    return async (request, response) => {
      setOriginHeaders(request, response);
      const use = (body: ReadBody) => answer(response, begin(unpack, request, body));
      const results = await reader.withBody(request, use, limitOf(request));
      for (const { kind } of results) if (kind === 'sender_unknown') deps.onRefused(request, UNKNOWN_KEY);
    };
  }

  /** With what lets a browser show the answer to the page. */
  function forBrowsers(handle: (request: RoutedRequest, response: ServerResponse) => void): RouteHandler {
    return (request, response) => {
      setOriginHeaders(request, response);
      handle(request, response);
    };
  }

  const shared = { preflight: [allowOrigin, answerPreflight], errorText: trackingErrorText };
  return {
    ...Object.fromEntries(
      SINGLE_TYPES.map((type) => [type, { ...shared, handle: take((body) => unpackSingle(body, type)) }]),
    ),
    batch: { ...shared, handle: take(unpackBatch, startBatch) },
    import: { ...shared, handle: take(unpackImport, startBatch) },
    // They are of no use to anyone here.
    sdkMetrics: {
      ...shared,
      handle: forBrowsers((_request, response) => sendJsonText(response, 200, '{"success":true}')),
    },
    sdkSettings: {
      ...shared,
      params: ['writeKey'],
      handle: forBrowsers((request, response) => {
        assertLoaded();
        const writeKey = String(request.params.writeKey);
        if (store.findByWriteKey(writeKey) === undefined) throw new PluginError('WRITE_KEY_UNKNOWN');
        sendJsonText(response, 200, sdkSettingsText(writeKey, request, deps.trustProxy.isTrusted(request)));
      }),
    },
  };
}
