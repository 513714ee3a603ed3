// Converts events of Statsig's webhook offline and shows the requests that would go to each target.

import { Trace } from '../base/trace.js';
import type { OutboundConversion } from '../model/conversion.js';
import { isJsonObject } from '../model/segment-event.js';
import { compileOutbound } from '../settings/compile-outbound.js';
import type { WorkspaceDocument } from '../settings/document.js';
import { describeInvalid } from '../sources/result-words.js';
import { unwrapEvents } from '../sources/statsig/body.js';
import { type CompiledOutbound, DRY_RUN_TARGET } from '../transform/compiled-outbound.js';
import { convertOutbound } from '../transform/outbound/index.js';
import { outboundMessageId } from '../transform/outbound/message-id.js';
import { explain, type TransformOutput } from './transform-output.js';

/** Where events go when the settings name no target: shown, not sent. */
const NO_TARGET = { name: DRY_RUN_TARGET, host: 'https://api.segment.io', path: '/v1/batch' };

function describe(conversion: OutboundConversion): string {
  if (conversion.kind === 'converted') return 'converted';
  if (conversion.kind === 'filtered') return `filtered (${conversion.reason}): ${conversion.detail}`;
  return `error ${describeInvalid(conversion, 'BODY_NOT_STATSIG_EVENTS').message}`;
}

function convert(event: unknown, outbound: CompiledOutbound, receivedAt: number, trace: Trace): OutboundConversion {
  if (!isJsonObject(event)) return { kind: 'invalid', code: 'ELEMENT_NOT_OBJECT', path: '' };
  return convertOutbound(event, outbound, receivedAt, trace);
}

/**
 * Converts events offline, through the same line that serves Statsig's webhook. Exposure windows are not applied: they depend on what was sent before.
 *
 * @param bodies events, or bodies of webhooks
 * @param explainEach also note the decisions about each event
 * @param receivedAt milliseconds since the epoch, the time of events that have none
 */
export function transformOutbound(
  bodies: readonly unknown[],
  document: WorkspaceDocument,
  explainEach: boolean,
  receivedAt: number,
): TransformOutput {
  const outbound = compileOutbound(document);
  const notes: string[] = [];
  const conversions = bodies.flatMap(unwrapEvents).map((event, i) => {
    const trace = new Trace();
    const conversion = convert(event, outbound, receivedAt, trace);
    if (explainEach || conversion.kind !== 'converted') notes.push(`event ${i + 1}: ${describe(conversion)}`);
    if (explainEach) notes.push(...explain(trace));
    return conversion;
  });
  const converted = conversions.filter((conversion) => conversion.kind === 'converted');
  const targets = outbound.targets.length === 0 ? [NO_TARGET] : outbound.targets;
  const requests = targets.map(({ name, host, path }) => ({
    method: 'POST',
    url: host + path,
    headers: { authorization: '[redacted]', 'content-type': 'application/json' },
    body: {
      batch: converted.flatMap(({ eventId, calls }) =>
        calls.map(({ format, call }) => ({
          messageId: outboundMessageId(eventId, outbound.workspaceId, name, format),
          ...call,
        })),
      ),
    },
  }));
  return {
    requests: JSON.stringify(converted.length === 0 ? [] : requests, null, 2),
    notes,
    invalid: conversions.filter(({ kind }) => kind === 'invalid').length,
  };
}
