// `statsig-cdp check`: tells what a start would refuse in the settings and the environment, and what may not be meant.

import type { Command } from 'commander';
import type { Secret } from '../base/secret.js';
import { complain, say } from '../base/terminal.js';
import { assertUpstreamElsewhere } from '../server/own-address.js';
import { adviseOn } from '../settings/advice.js';
import {
  environmentWarnings,
  inspectProcessSettings,
  type ProcessSettings,
  ProcessSettingsError,
} from '../settings/process.js';
import { readLocalSecret, readRemoteSecret } from '../settings/secret-reference.js';
import { type DocumentFault, describeFault, SettingsError } from '../settings/settings-error.js';
import { isServiceUrl } from '../settings/sources/location.js';
import { lookOnce } from '../settings/sources/look-once.js';
import { NO_SETTINGS, staticStore } from '../settings/store.js';
import { createPublicRoutes } from '../sources/public-routes.js';
import { notNeeded } from './read-settings.js';

interface Options {
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly secrets: boolean;
}

/** What was found. */
interface Findings {
  readonly workspaces: readonly string[];
  readonly faults: readonly DocumentFault[];
  readonly warnings: readonly DocumentFault[];
  /** What may be left as it is. */
  readonly advice: readonly DocumentFault[];
}

/** Where the documents are, and with what they are read. */
interface Place {
  readonly location: string;
  /** A default that is not there is no fault. */
  readonly isNamed: boolean;
  readonly token: Secret | undefined;
  readonly withSecrets: boolean;
}

const NOTHING: Findings = { workspaces: [], faults: [], warnings: [], advice: [] };

function ofEnvironment(message: string): DocumentFault {
  return { source: 'environment', path: '', message };
}

function together(...all: readonly Findings[]): Findings {
  return {
    workspaces: all.flatMap(({ workspaces }) => workspaces),
    faults: all.flatMap(({ faults }) => faults),
    warnings: all.flatMap(({ warnings }) => warnings),
    advice: all.flatMap(({ advice }) => advice),
  };
}

/** A port of the process may not serve what the documents hold. */
function checkPorts(settings: ProcessSettings, documents: Parameters<typeof staticStore>[0]): Findings {
  const silent = () => {};
  try {
    createPublicRoutes({ settings, store: staticStore(documents), log: { info: silent, warn: silent, error: silent } });
    return NOTHING;
  } catch (error) {
    if (!(error instanceof ProcessSettingsError)) throw error;
    return { ...NOTHING, faults: error.faults.map(ofEnvironment) };
  }
}

/** Without `settings`, which are at fault, the ports are not looked at. */
async function checkDocuments(
  { location, isNamed, token, withSecrets }: Place,
  settings: ProcessSettings | undefined,
): Promise<Findings> {
  const readSecret = isServiceUrl(location) ? readRemoteSecret : readLocalSecret;
  const found = await lookOnce({ location, token, readSecret: withSecrets ? readSecret : notNeeded });
  if (found === undefined && !isNamed) return { ...NOTHING, warnings: [ofEnvironment(NO_SETTINGS)] };
  if (found === undefined)
    return { ...NOTHING, faults: [{ source: location, path: '', message: 'there is no such file or directory' }] };
  const { documents, faults, warnings } = found;
  const workspaces = documents.map(({ id }) => id);
  const inDocuments = { workspaces, faults, warnings, advice: documents.flatMap(adviseOn) };
  return together(inDocuments, settings === undefined ? NOTHING : checkPorts(settings, documents));
}

/** An address that leads back to the process, as far as its settings can be used. */
function upstreamFaults(settings: ProcessSettings): readonly string[] {
  try {
    assertUpstreamElsewhere(settings);
    return [];
  } catch (error) {
    if (error instanceof ProcessSettingsError) return error.faults;
    throw error;
  }
}

async function check(given: string | undefined, withSecrets: boolean): Promise<Findings> {
  const { settings, faults: unusable } = inspectProcessSettings(process.env);
  const faults = [...unusable, ...upstreamFaults(settings)];
  const inEnvironment = {
    ...NOTHING,
    faults: faults.map(ofEnvironment),
    warnings: environmentWarnings(process.env).map(ofEnvironment),
  };
  const { settingsLocation, settingsLocationExplicit, settingsToken } = settings;
  const place = {
    location: given ?? settingsLocation,
    isNamed: given !== undefined || settingsLocationExplicit,
    token: settingsToken,
    withSecrets,
  };
  try {
    return together(inEnvironment, await checkDocuments(place, faults.length > 0 ? undefined : settings));
  } catch (error) {
    if (error instanceof SettingsError) return together(inEnvironment, { ...NOTHING, faults: error.faults });
    throw error;
  }
}

const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;

function print({ workspaces, faults, warnings, advice }: Findings): void {
  for (const fault of faults) say(`fault: ${describeFault(fault)}`);
  for (const warning of warnings) say(`warning: ${describeFault(warning)}`);
  for (const advised of advice) say(`advice: ${describeFault(advised)}`);
  complain(
    `${count(faults.length, 'fault')}, ${count(warnings.length, 'warning')}, ${count(workspaces.length, 'workspace')}.`,
  );
}

/** Adds the command. It exits with 1 for faults, with `--strict` for warnings too. */
export function addCheckCommand(command: Command): void {
  command
    .argument(
      '[location]',
      'a settings directory, a file, or the URL of a config service (default: STATSIG_CDP_SETTINGS)',
    )
    .option(
      '--json',
      'print one JSON object: workspaces, faults, warnings, advice, each with source, line, column, path, message',
    )
    .option('--strict', 'exit with 1 for warnings, too')
    .option('--no-secrets', 'look up no env: and no file:, for a machine that has no keys')
    .action(async (location: string | undefined, { json, strict, secrets }: Options) => {
      const found = await check(location, secrets);
      if (json) say(JSON.stringify(found, null, 2));
      else print(found);
      if (found.faults.length > 0 || (strict && found.warnings.length > 0)) process.exitCode = 1;
    });
}
