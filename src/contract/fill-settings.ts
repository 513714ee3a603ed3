// The settings documents of a fixture as a plugin gets them.

import type { Fixture, Json } from './fixture.js';
import { fillJson, isFields, type JsonFields } from './placeholders.js';
import type { FixtureValues, ReceiverUrls } from './values.js';

function withHost(target: Json, { segment }: ReceiverUrls): Json {
  return isFields(target) ? { host: segment, ...target } : target;
}

function withAddresses(document: JsonFields, urls: ReceiverUrls): JsonFields {
  const { outbound } = document;
  const addressed = { eventsUrl: urls.statsig, apiUrl: urls.statsig, consoleUrl: urls.console, ...document };
  if (!isFields(outbound) || !Array.isArray(outbound.targets)) return addressed;
  return {
    ...addressed,
    outbound: { ...outbound, targets: outbound.targets.map((target: Json) => withHost(target, urls)) },
  };
}

/** Placeholders stand for the values of the run, and addresses that a document does not name are those of the stand-ins. */
export function fillSettings(
  { settings = [] }: Pick<Fixture, 'settings'>,
  values: Pick<FixtureValues, 'resolve'>,
  urls: ReceiverUrls,
): readonly JsonFields[] {
  return settings.map((document) => withAddresses(fillJson(document, values) as JsonFields, urls));
}

/** The environment variables of a fixture as a plugin gets them. */
export function fillEnvironment(
  { environment = {} }: Pick<Fixture, 'environment'>,
  values: Pick<FixtureValues, 'resolve'>,
): Readonly<Record<string, string>> {
  return fillJson(environment, values) as Record<string, string>;
}
