// `statsig-cdp functions`: writes scripts for runtimes without a server, and deploys those of Segment.

import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { codeOf } from '../base/system-error.js';
import { complain } from '../base/terminal.js';
import { deployFunctions, type WantedFunction } from '../connect/segment/deploy-functions.js';
import { createPublicApi } from '../connect/segment/public-api.js';
import { ADDRESSES, REGIONS, type Region } from '../connect/segment/region.js';
import { documentOf } from '../functions/document-of.js';
import { FUNCTION_SCRIPTS, withDocument } from '../functions/scripts.js';
import { SettingsError } from '../settings/settings-error.js';
import type { WorkspaceDocument } from '../settings/workspace-document.js';
import { toBaseUrl } from './connect/arguments.js';
import { readToken } from './connect/read-token.js';
import { addConnectOptions, type ConnectOptions, runConnect, runConnection } from './connect/run.js';
import { writeFunctions } from './functions-directory.js';
import { readSettings } from './read-settings.js';
import { CommandError } from './running-process.js';

interface Options extends ConnectOptions {
  readonly settings?: string;
  readonly workspace?: string;
  readonly deploy?: boolean;
  readonly name?: string;
  readonly region: Region;
  readonly apiUrl?: string;
  readonly tokenFile?: string;
}

/** Where the package has the scripts. */
const BUILT = () => new URL('dist/bundle/functions/', import.meta.resolve('statsig-cdp/package.json'));

async function documentFor({ settings, workspace }: Options): Promise<WorkspaceDocument | undefined> {
  if (settings === undefined) return undefined;
  try {
    const store = await readSettings([settings], (warning) => complain(`warning: ${warning}`));
    const all = store.documents;
    const found = workspace === undefined ? all[0] : all.find(({ id }) => id === workspace);
    if (workspace === undefined && all.length > 1)
      throw new CommandError(`Say which workspace (--workspace): ${all.map(({ id }) => id).join(', ')}.`);
    if (found === undefined) throw new CommandError(`${settings} has no workspace ${workspace}.`);
    return found;
  } catch (error) {
    throw error instanceof SettingsError ? new CommandError(error.message) : error;
  }
}

/** The scripts with a document in them. @throws CommandError */
async function scriptsFor(document: WorkspaceDocument | undefined, built: URL): Promise<readonly WantedFunction[]> {
  return Promise.all(
    FUNCTION_SCRIPTS.map(async (script) => {
      try {
        const code = await readFile(new URL(`${script.name}.js`, built), 'utf8');
        return { script, code: document === undefined ? code : withDocument(code, documentOf(document, script.name)) };
      } catch (error) {
        throw new CommandError(
          `The scripts of the package cannot be read (${codeOf(error)}). Install it anew; in its own repository run npm run build.`,
        );
      }
    }),
  );
}

async function deploy(options: Options, workspace: string, functions: readonly WantedFunction[]): Promise<void> {
  const { region, apiUrl = ADDRESSES[region].apiUrl, tokenFile, name = `statsig-cdp ${workspace}` } = options;
  const token = await readToken({ what: "Public API token of Segment's", variable: 'SEGMENT_TOKEN', file: tokenFile });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const api = createPublicApi({ token, apiUrl, signal: stop.signal });
  await runConnection(deployFunctions({ api, displayName: name, functions }), options);
}

/** Adds the command. It exits with 1 where it cannot go on. @param built directory of the scripts; default: that of the package */
export function addFunctionsCommand(command: Command, built?: URL): void {
  addConnectOptions(
    command
      .argument('[dir]', 'directory that the scripts are written to; not needed with --deploy')
      .option('--settings <location>', 'file of settings documents, or settings directory; keys in it are left out')
      .option('--workspace <id>', 'which document, where there are several')
      .option('--deploy', "make or update the Functions of Segment's by its Public API, and deploy them"),
  )
    .option('--name <name>', 'what they are called in Segment (default: statsig-cdp WORKSPACE)')
    .addOption(new Option('--region <region>', "of Segment's workspace").choices(REGIONS).default('us'))
    .option('--token-file <file>', 'file that holds a Public API token (default: SEGMENT_TOKEN, else it is asked for)')
    .option('--api-url <url>', "another address of the Public API's", toBaseUrl)
    .action((directory: string | undefined, options: Options) =>
      runConnect(async () => {
        const isDeployed = options.deploy || options.plan || options.undo;
        if (directory === undefined && !isDeployed)
          throw new CommandError('Name a directory for the scripts, or --deploy.');
        const document = await documentFor(options);
        const functions = await scriptsFor(document, built ?? BUILT());
        if (directory !== undefined) await writeFunctions(directory, functions);
        if (isDeployed) await deploy(options, document?.id ?? 'default', functions);
      }),
    );
}
