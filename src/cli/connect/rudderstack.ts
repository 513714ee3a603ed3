// `statsig-cdp connect rudderstack`: connects a rudder-server by what its control plane exports.

import type { Command } from 'commander';
import { connectRudderStack } from '../../connect/rudderstack/connect-rudderstack.js';
import type { ConnectRudderStackOptions, ExportPlace } from '../../connect/rudderstack/options.js';
import { readProcessSettings } from '../../settings/process.js';
import { CommandError } from '../running-process.js';
import { toBaseUrl, toId, toReference } from './arguments.js';
import { liveArrivals } from './arrivals.js';
import { readToken } from './read-token.js';
import { addConnectOptions, type ConnectOptions, runConnect, runConnection } from './run.js';

interface Options extends ConnectOptions {
  readonly config?: string;
  readonly controlPlane?: string;
  readonly namespace?: string;
  readonly tokenFile?: string;
  readonly keepToken?: string;
  readonly settings?: string;
  readonly workspace?: string;
  readonly destination?: readonly string[];
  readonly webhookSource?: readonly string[];
  readonly byWorkspace?: boolean;
  readonly secretKey?: string;
  readonly keepKeys?: boolean;
  readonly url?: string;
  readonly transformerUrl?: string;
  readonly dataPlane?: string;
}

async function placeOf(options: Options): Promise<ExportPlace | undefined> {
  const { config, controlPlane, namespace, tokenFile, keepToken, undo, plan } = options;
  if (undo) return undefined;
  if (config !== undefined && controlPlane !== undefined)
    throw new CommandError('Name either a file (--config) or a control plane (--control-plane).');
  if (config !== undefined) return { kind: 'file', file: config };
  if (controlPlane === undefined)
    throw new CommandError(
      'Name the configuration of rudder-server: its workspaceConfig.json (--config FILE), or its control plane (--control-plane URL). rudder-server itself tells it to no one.',
    );
  const token = await readToken({
    what: namespace === undefined ? "workspace token of rudder-server's" : "hosted service secret of rudder-server's",
    variable: namespace === undefined ? 'WORKSPACE_TOKEN' : 'HOSTED_SERVICE_SECRET',
    file: tokenFile,
    keep: plan ? undefined : keepToken,
  });
  return { kind: 'control-plane', url: controlPlane, token, ...(namespace !== undefined && { namespace }) };
}

async function run(options: Options): Promise<void> {
  const { settings, workspace, destination, webhookSource, byWorkspace, secretKey, keepKeys, dataPlane } = options;
  const { settingsLocation, settingsToken, port, upstreamUrl } = readProcessSettings(process.env);
  const pluginUrl = options.url ?? `http://127.0.0.1:${port}`;
  const transformerUrl = options.transformerUrl ?? upstreamUrl;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const told: ConnectRudderStackOptions = {
    from: await placeOf(options),
    settingsLocation: settings ?? settingsLocation,
    settingsToken,
    pluginUrl,
    arrivals: liveArrivals(pluginUrl),
    signal: stop.signal,
    byWorkspace: byWorkspace === true,
    keepKeys: keepKeys === true,
    ...(workspace !== undefined && { workspace }),
    ...(destination !== undefined && { destinations: destination }),
    ...(webhookSource !== undefined && { webhookSources: webhookSource }),
    ...(secretKey !== undefined && { secretKey }),
    ...(transformerUrl !== undefined && { transformerUrl }),
    ...(dataPlane !== undefined && { dataPlaneUrl: dataPlane }),
  };
  await runConnection(connectRudderStack(told), options);
}

/** Adds the command. It exits with 1 where it cannot go on; run again, it goes on where it was. */
export function addConnectRudderStackCommand(command: Command): void {
  addConnectOptions(command)
    .option(
      '--config <file>',
      "rudder-server's configuration: its workspaceConfig.json, or an answer of its control plane",
    )
    .option('--control-plane <url>', "asks the control plane: rudder-server's CONFIG_BACKEND_URL", toBaseUrl)
    .option('--namespace <name>', "with --control-plane, for several workspaces: rudder-server's WORKSPACE_NAMESPACE")
    .option(
      '--token-file <file>',
      'file that holds the token for the control plane (default: WORKSPACE_TOKEN, with --namespace HOSTED_SERVICE_SECRET; else it is asked for)',
    )
    .option('--keep-token <file>', 'keep the token in this file, which no one else may read')
    .option('--settings <location>', 'settings directory or file (default: STATSIG_CDP_SETTINGS)')
    .option(
      '--workspace <id>',
      'id of the settings document (default: the one that claims a part already, or is of the same Statsig project, or is the only one; else new ones)',
      toId,
    )
    .option(
      '--destination <names...>',
      'ids or names of STATSIG destinations (default: all that rudder-server sends to)',
    )
    .option('--webhook-source <names...>', 'ids or names of sources of the general type Webhook that Statsig posts to')
    .option(
      '--by-workspace',
      'claim workspaces of RudderStack whole, with the STATSIG destinations that are made later',
    )
    .option(
      '--secret-key <reference>',
      'env:NAME or file:PATH of the Statsig server secret, for documents that have none',
      toReference,
    )
    .option(
      '--keep-keys',
      'keep the server secrets of the destinations in files that the documents name, so that other senders can use them',
    )
    .option(
      '--url <url>',
      'address of this process, its private port, as rudder-server reaches it (default: this machine, PORT)',
      toBaseUrl,
    )
    .option(
      '--transformer-url <url>',
      'address of the stock transformer (default: UPSTREAM_TRANSFORMER_URL)',
      toBaseUrl,
    )
    .option(
      '--data-plane <url>',
      "address of rudder-server's gateway: sends one event through and sees it arrive",
      toBaseUrl,
    )
    .action((options: Options) => runConnect(() => run(options)));
}
