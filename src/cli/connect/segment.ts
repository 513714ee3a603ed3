// `statsig-cdp connect segment`: connects a source of Segment by its Public API.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { complain } from '../../base/terminal.js';
import { connectSegment } from '../../connect/segment/connect-segment.js';
import {
  type ConnectSegmentOptions,
  MAPPED_TYPES,
  type MappedType,
  MOST_BATCH,
  slugOf,
} from '../../connect/segment/options.js';
import { describeSource } from '../../connect/segment/pick-source.js';
import { createPublicApi, type PublicApi } from '../../connect/segment/public-api.js';
import { ADDRESSES, REGIONS } from '../../connect/segment/region.js';
import { getWorkspace, listSources } from '../../connect/segment/resources.js';
import { readProcessSettings } from '../../settings/process.js';
import { askLine } from '../ask-line.js';
import { CommandError } from '../running-process.js';
import { toBaseUrl, toId, toReference, workspaceOf } from './arguments.js';
import { liveArrivals } from './arrivals.js';
import { addOAuthOptions, connectByOAuth, type OAuthOptions } from './oauth.js';
import { readToken } from './read-token.js';
import { addConnectOptions, runConnect, runConnection } from './run.js';

/** Characters of a name in Segment. */
const MOST_NAME = 100;

interface Options
  extends OAuthOptions,
    Pick<ConnectSegmentOptions, 'name' | 'secretKey' | 'headerSecret' | 'sharedSecret' | 'types' | 'batchSize'> {
  readonly workspace?: string;
  readonly apiUrl?: string;
  readonly trackingUrl?: string;
  readonly tokenFile?: string;
  readonly keepToken?: string;
  readonly settings?: string;
  readonly outbound: boolean;
  readonly url?: string;
}

function toTypes(text: string): readonly MappedType[] {
  const given = text.split(',').map((each) => each.trim());
  const unknown = given.find((each) => !MAPPED_TYPES.some((type) => type === each));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`Allowed choices are ${MAPPED_TYPES.join(', ')}; several with commas between.`);
  return MAPPED_TYPES.filter((type) => given.includes(type));
}

function toBatchSize(text: string): number {
  const size = Number(text);
  if (text.trim() === '' || !Number.isInteger(size) || size < 0 || size > MOST_BATCH)
    throw new InvalidArgumentError(`It must be a whole number up to ${MOST_BATCH}; 0: no batches.`);
  return size;
}

function toName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > MOST_NAME)
    throw new InvalidArgumentError(`It must have 1 to ${MOST_NAME} characters.`);
  return name;
}

/** @returns undefined where no one can be asked */
async function askForSource(api: PublicApi, options: Pick<ConnectSegmentOptions, 'name' | 'workspace'>) {
  if (!process.stdin.isTTY) return undefined;
  const { name } = await getWorkspace(api);
  const own = slugOf(options);
  const sources = (await listSources(api)).filter(({ slug }) => slug !== own);
  complain(`The workspace ${name} has these sources:`);
  for (const [index, source] of sources.entries())
    complain(`  ${index + 1}. ${describeSource(source)}, ${source.kind}`);
  const answer = await askLine('Whose events go to Statsig (number, slug or name)? ');
  if (answer === '') throw new CommandError('No source was named. Nothing was done.');
  return (/^\d+$/.test(answer) ? sources[Number(answer) - 1]?.id : undefined) ?? answer;
}

async function run(options: Options): Promise<void> {
  const { region, apiUrl = ADDRESSES[region].apiUrl, tokenFile, keepToken, settings, test, url, plan } = options;
  const { settingsLocation: usual, settingsToken } = readProcessSettings(process.env);
  const settingsLocation = settings ?? usual;
  const workspace = await workspaceOf(options.workspace, settingsLocation);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const { signal } = stop;
  if (options.oauth) return connectByOAuth(options, { workspace, settingsLocation, signal });
  const token = await readToken({
    what: "Public API token of Segment's",
    variable: 'SEGMENT_TOKEN',
    file: tokenFile,
    keep: plan ? undefined : keepToken,
  });
  const api = createPublicApi({ token, apiUrl, signal });
  const named = { workspace, ...(options.name !== undefined && { name: options.name }) };
  const source = options.source ?? (options.undo ? undefined : await askForSource(api, named));
  const { publicUrl, trackingUrl, secretsDirectory, secretKey, headerSecret, sharedSecret, types, batchSize } = options;
  const connection = connectSegment({
    api,
    region,
    ...named,
    publicUrl,
    settingsLocation,
    settingsToken,
    outbound: options.outbound,
    test: test === undefined ? 'after-changes' : test ? 'always' : 'never',
    arrivals: liveArrivals(url),
    showSecrets: options.showSecrets === true,
    signal,
    ...(source !== undefined && { source }),
    ...(trackingUrl !== undefined && { trackingUrl }),
    ...(secretsDirectory !== undefined && { secretsDirectory }),
    ...(secretKey !== undefined && { secretKey }),
    ...(headerSecret !== undefined && { headerSecret }),
    ...(sharedSecret !== undefined && { sharedSecret }),
    ...(types !== undefined && { types }),
    ...(batchSize !== undefined && { batchSize }),
  });
  await runConnection(connection, options);
}

/** Adds the command. It exits with 1 where it cannot go on; run again, it goes on where it was. */
export function addConnectSegmentCommand(command: Command): void {
  addOAuthOptions(addConnectOptions(command))
    .requiredOption('--public-url <url>', 'address of this plugin as Segment reaches it: https://YOUR-HOST', toBaseUrl)
    .option('--workspace <id>', 'id of the settings document (default: the only one there is, else default)', toId)
    .option(
      '--source <source>',
      "slug, name or id of Segment's source whose events go to Statsig (default: it is asked for)",
    )
    .addOption(new Option('--region <region>', "of Segment's workspace").choices(REGIONS).default('us'))
    .option('--token-file <file>', 'file that holds a Public API token (default: SEGMENT_TOKEN, else it is asked for)')
    .option('--keep-token <file>', 'keep the token in this file, which no one else may read')
    .option('--settings <location>', 'settings directory or file (default: STATSIG_CDP_SETTINGS)')
    .option('--secrets-directory <directory>', 'where secrets are kept (default: secrets beside the settings files)')
    .option(
      '--secret-key <reference>',
      'env:NAME or file:PATH of the Statsig server secret, for a document that has none',
      toReference,
    )
    .option(
      '--header-secret <reference>',
      'env:NAME or file:PATH of a header secret (default: one is made)',
      toReference,
    )
    .option(
      '--shared-secret <reference>',
      'env:NAME or file:PATH of a shared secret (default: one is made)',
      toReference,
    )
    .option('--name <name>', 'what is made in Segment is called so (default: statsig-cdp WORKSPACE)', toName)
    .option(
      '--types <types>',
      `${MAPPED_TYPES.join(', ')}; several with commas between (default: track,page,screen,group, and identify where the document has a console key)`,
      toTypes,
    )
    .option(
      '--batch-size <events>',
      `most events of a request, up to ${MOST_BATCH}; 0: no batches (default: 1000)`,
      toBatchSize,
    )
    .option('--no-outbound', "make no source for Statsig's events")
    .option('--test', 'send a test event in any case (default: where something was changed)')
    .option('--no-test', 'send none, and do not look whether --public-url takes the secrets')
    .option('--show-secrets', 'show secrets in the steps that are left to a person')
    .option('--url <url>', 'address of the process that the test event is looked for at (default: this machine, PORT)')
    .option('--api-url <url>', "another address of Segment's Public API", toBaseUrl)
    .option('--tracking-url <url>', "another address of Segment's HTTP Tracking API", toBaseUrl)
    .action((options: Options) => runConnect(() => run(options)));
}
