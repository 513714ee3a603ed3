// `statsig-cdp transform`: converts a file of events offline and prints the requests they would become.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describeError } from '../base/errors.js';
import { toPrintableCell } from '../base/printable.js';
import { Secret } from '../base/secret.js';
import { complain, say } from '../base/terminal.js';
import { Trace } from '../base/trace.js';
import { ResponseWriter } from '../http/response-writer.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { DEFAULT_DOCUMENT } from '../settings/default-document.js';
import { parseDocuments, type WorkspaceDocument } from '../settings/document.js';
import type { ReadSecret } from '../settings/secret-reference.js';
import { SettingsError } from '../settings/settings-error.js';
import { staticStore } from '../settings/store.js';
import type { BatchElement } from '../sources/rudderstack/batch.js';
import { EventTally } from '../sources/rudderstack/event-tally.js';
import { createDestinationResolver } from '../sources/rudderstack/resolve-destination.js';
import { writeRouterEntries } from '../sources/rudderstack/router-transform.js';
import { createElementTransformer, ROUTER, type TransformedElement } from '../sources/rudderstack/transform-element.js';
import { EventFileError, readEvents } from './read-events.js';
import { transformOutbound } from './transform-outbound.js';
import { explain, type TransformOutput } from './transform-output.js';

/** Bare events are given this destination, and the settings document is made to match it. */
const DESTINATION_ID = 'transform';

const NO_KEY = new Secret('[not set]');

/** Nothing is sent, so that no one needs the secrets to try their settings. */
const notNeeded: ReadSecret = () => ({ value: '[not-read]' });

function readDocument(file: string): WorkspaceDocument {
  const { documents, faults } = parseDocuments(readFileSync(file, 'utf8'), file, { readSecret: notNeeded });
  if (faults.length > 0) throw new SettingsError(faults);
  const [document] = documents;
  if (document === undefined || documents.length > 1)
    throw new EventFileError(`${file}: one settings document is needed, found ${documents.length}`);
  return document;
}

/** A batch element as rudder-server sends it stays as it is; a bare event becomes one. */
function toElement(value: unknown, index: number): BatchElement {
  if (!isJsonObject(value) || (isJsonObject(value.message) && isJsonObject(value.destination))) return { value };
  const metadata = { jobId: index + 1 };
  const destination = { ID: DESTINATION_ID, Config: {}, hasDynamicConfig: false };
  return { value: { message: value, metadata, destination } };
}

function describe({ result }: TransformedElement): string {
  if (result.kind === 'ready') return 'converted';
  if (result.kind === 'filtered') return `filtered (${result.reason}): ${result.detail}`;
  return `error ${describeError(result.code, result.path, result.detail)}`;
}

/** The request as it would go out, with the key masked. */
function toPrintable(entry: unknown): JsonObject | undefined {
  if (!isJsonObject(entry) || !isJsonObject(entry.batchedRequest)) return undefined;
  const { method, endpoint, headers, body } = entry.batchedRequest;
  if (!isJsonObject(headers) || !isJsonObject(body)) return undefined;
  const key = headers['STATSIG-API-KEY'] === NO_KEY.reveal() ? NO_KEY.reveal() : '[redacted]';
  return { method, url: endpoint, headers: { ...headers, 'STATSIG-API-KEY': key }, body: body.JSON };
}

/**
 * Converts events offline, through the same line that serves requests.
 *
 * @param document settings
 * @param explainEach also note the decisions about each event
 */
export async function transformEvents(
  events: readonly unknown[],
  document: WorkspaceDocument,
  explainEach: boolean,
): Promise<TransformOutput> {
  const settings = { ...document.settings, rudderstack: { destinationIds: [DESTINATION_ID] } };
  const own = { ...document, settings, secretKey: document.secretKey ?? NO_KEY };
  const resolver = createDestinationResolver(staticStore([own]), events.length + 1);
  const elements = events.map(toElement);

  const notes: string[] = [];
  let invalid = 0;
  elements.forEach((element, i) => {
    const trace = new Trace();
    const transformed = createElementTransformer(resolver, ROUTER)(element, trace);
    if (transformed.result.kind === 'invalid') invalid += 1;
    if (explainEach || transformed.result.kind !== 'ready') notes.push(`event ${i + 1}: ${describe(transformed)}`);
    if (explainEach) notes.push(...explain(trace));
  });
  const writer = new ResponseWriter();
  await writeRouterEntries(elements, createElementTransformer(resolver, ROUTER), 'router', new EventTally(), writer);
  const entries: unknown[] = JSON.parse(Buffer.concat(writer.finish()).toString());
  const requests = entries.map(toPrintable).filter((request) => request !== undefined);
  return { requests: JSON.stringify(requests, null, 2), notes, invalid };
}

/** Makes the command. It exits with 1 when an event is an error, 2 when a file can't be read. */
export function addTransformCommand(command: Command): void {
  command
    .argument('<file>', 'events, or batch elements as rudder-server sends them; - for standard input')
    .option('--settings <file>', 'a settings document')
    .option('--outbound', "events of Statsig's webhook, on their way out")
    .option('--explain', 'say which rule produced each field (on standard error)')
    .action(async (file: string, options: { settings?: string; explain?: boolean; outbound?: boolean }) => {
      try {
        const document = options.settings === undefined ? DEFAULT_DOCUMENT : readDocument(options.settings);
        const events = readEvents(file);
        const explainEach = options.explain === true;
        const output = options.outbound
          ? transformOutbound(events, document, explainEach, Date.now())
          : await transformEvents(events, document, explainEach);
        for (const note of output.notes) complain(toPrintableCell(note));
        say(output.requests);
        process.exitCode = output.invalid > 0 ? 1 : 0;
      } catch (error) {
        if (
          !(
            error instanceof EventFileError ||
            error instanceof SettingsError ||
            (error instanceof Error && 'code' in error)
          )
        )
          throw error;
        complain(error.message);
        process.exitCode = 2;
      }
    });
}
