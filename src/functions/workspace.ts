// The workspace of an invocation: the document at the top of the script, and the keys that Segment hands in.

import { parseJson } from '../base/json.js';
import { parseSettings, type Workspace } from '../convert/workspace.js';
import { isJsonObject, type JsonObject } from '../model/segment-event.js';
import { SettingsError } from '../settings/settings-error.js';
import { outcome, throwUnlessDone } from './outcome.js';
import { type SettingValues, textOf } from './setting-values.js';

/** Environments live long, and one may serve several instances with settings of their own. */
const MOST_KNOWN = 10;

const known = new Map<string, Workspace>();

function documentOf(written: JsonObject, values: SettingValues | undefined): JsonObject {
  const given = textOf(values, 'settings');
  const document = given === undefined ? written : parseJson(given);
  if (isJsonObject(document)) return document;
  throw SettingsError.ofSource('the setting "settings"', 'is not a JSON object');
}

/**
 * Reads the settings once for all invocations with the same ones.
 *
 * @param written the document in the script
 * @param complete adds what the runtime hands in
 * @throws RetryError of Segment's, with every fault and without a key: as with a wrong key, there is time to correct them, and no event is lost
 */
export function workspaceOf(
  written: JsonObject,
  values: SettingValues | undefined,
  complete: (document: JsonObject) => JsonObject,
): Workspace {
  try {
    const document = complete(documentOf(written, values));
    const name = JSON.stringify(document);
    const there = known.get(name);
    if (there !== undefined) return there;
    const workspace = parseSettings(document);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(name, workspace);
    return workspace;
  } catch (error) {
    if (error instanceof SettingsError) throwUnlessDone(outcome('retry', error.message));
    throw error;
  }
}
