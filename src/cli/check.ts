// `statsig-cdp check`: tells what a start would refuse in the settings and the environment, and what may not be meant.

import { type Command, Option } from 'commander';
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
import { notNeeded, readLocalSecret, readRemoteSecret } from '../settings/secret-reference.js';
import { type DocumentFault, describeFault, SettingsError } from '../settings/settings-error.js';
import { isServiceUrl } from '../settings/sources/location.js';
import { lookOnce } from '../settings/sources/look-once.js';
import { NO_SETTINGS, staticStore } from '../settings/store.js';
import { createPublicRoutes } from '../sources/public-routes.js';
import { diskFaults } from './check-disk.js';
import { checkOnline, isFailed, ONLINE_COLUMNS, type OnlineFinding, rowOf } from './check-online.js';
import { JSON_OPTION, printTable, sayJson } from './table.js';

interface Options {
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly secrets: boolean;
  readonly online?: boolean;
}

/** What was found. */
interface Findings {
  readonly workspaces: readonly string[];
  readonly faults: readonly DocumentFault[];
  readonly warnings: readonly DocumentFault[];
  /** What may be left as it is. */
  readonly advice: readonly DocumentFault[];
  /** What those who were asked said. */
  readonly online: readonly OnlineFinding[];
}

/** Where the documents are, and with what they are read. */
interface Place {
  readonly location: string;
  /** A default that is not there is no fault. */
  readonly isNamed: boolean;
  readonly token: Secret | undefined;
  readonly withSecrets: boolean;
  readonly isOnline: boolean;
}

const NOTHING: Findings = { workspaces: [], faults: [], warnings: [], advice: [], online: [] };

function ofEnvironment(message: string): DocumentFault {
  return { source: 'environment', path: '', message };
}

function together(...all: readonly Findings[]): Findings {
  return {
    workspaces: all.flatMap(({ workspaces }) => workspaces),
    faults: all.flatMap(({ faults }) => faults),
    warnings: all.flatMap(({ warnings }) => warnings),
    advice: all.flatMap(({ advice }) => advice),
    online: all.flatMap(({ online }) => online),
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
  { location, isNamed, token, withSecrets, isOnline }: Place,
  settings: ProcessSettings | undefined,
): Promise<Findings> {
  const readSecret = isServiceUrl(location) ? readRemoteSecret : readLocalSecret;
  const found = await lookOnce({ location, token, readSecret: withSecrets ? readSecret : notNeeded });
  if (found === undefined && !isNamed) return { ...NOTHING, warnings: [ofEnvironment(NO_SETTINGS)] };
  if (found === undefined)
    return { ...NOTHING, faults: [{ source: location, path: '', message: 'there is no such file or directory' }] };
  const { documents, faults, warnings } = found;
  const workspaces = documents.map(({ id }) => id);
  const online = isOnline ? await checkOnline(documents, settings?.upstreamUrl, { onDone: tellProgress }) : [];
  const inDocuments = { workspaces, faults, warnings, advice: documents.flatMap(adviseOn), online };
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

/** How far the questions are, on a terminal. */
function tellProgress(done: number, of: number): void {
  if (process.stderr.isTTY) process.stderr.write(done === of ? '\r\u001b[K' : `\rAsked ${done} of ${of}`);
}

async function check(given: string | undefined, { secrets: withSecrets, online = false }: Options): Promise<Findings> {
  const { settings, faults: unusable } = inspectProcessSettings(process.env);
  // A machine that has no keys is not the one that will serve.
  const onDisk = withSecrets ? diskFaults(settings) : [];
  const faults = [...unusable, ...upstreamFaults(settings), ...onDisk];
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
    isOnline: online,
  };
  try {
    return together(inEnvironment, await checkDocuments(place, faults.length > 0 ? undefined : settings));
  } catch (error) {
    if (error instanceof SettingsError) return together(inEnvironment, { ...NOTHING, faults: error.faults });
    throw error;
  }
}

const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;

function print({ workspaces, faults, warnings, advice, online }: Findings): void {
  for (const fault of faults) say(`fault: ${describeFault(fault)}`);
  for (const warning of warnings) say(`warning: ${describeFault(warning)}`);
  for (const advised of advice) say(`advice: ${describeFault(advised)}`);
  printTable(ONLINE_COLUMNS, online.map(rowOf));
  complain(
    `${count(faults.length, 'fault')}, ${count(warnings.length, 'warning')}, ${count(workspaces.length, 'workspace')}.`,
  );
}

/** Adds the command. It exits with 1 for faults, with `--strict` for warnings too, with `--online` for keys that are refused and hosts that do not answer. */
export function addCheckCommand(command: Command): void {
  command
    .argument(
      '[location]',
      'a settings directory, a file, or the URL of a config service (default: STATSIG_CDP_SETTINGS)',
    )
    .option(
      JSON_OPTION,
      'print one JSON object: workspaces; faults, warnings, advice, each with source, line, column, path, message; online',
    )
    .option('--strict', 'exit with 1 for warnings, too')
    .option('--no-secrets', 'look up no env: and no file:, for a machine that has no keys')
    .addOption(
      new Option(
        '--online',
        'ask Statsig, Segment, other targets and the upstream whether they take the keys; no event is made',
      ).conflicts('secrets'),
    )
    .action(async (location: string | undefined, options: Options) => {
      const found = await check(location, options);
      if (options.json) sayJson(found);
      else print(found);
      const isStrictFault = options.strict === true && found.warnings.length > 0;
      if (found.faults.length > 0 || isStrictFault || found.online.some(isFailed)) process.exitCode = 1;
    });
}
