// `statsig-cdp connect segment --oauth`: connects a source that somebody allows in a browser, instead of by a Public API token.

import { type Command, Option } from 'commander';
import { complain } from '../../base/terminal.js';
import { listenForAnswer } from '../../connect/oauth/answer-listener.js';
import { type OAuthApp, REFRESH_WAYS, type RefreshWay, SEGMENT_OAUTH, WORKS_FOR } from '../../connect/oauth/app.js';
import { connectSegmentByOAuth, type OAuthConnection } from '../../connect/oauth/connect.js';
import type { ConnectByOAuthOptions } from '../../connect/oauth/options.js';
import type { Region } from '../../connect/segment/region.js';
import { openInBrowser } from '../open-in-browser.js';
import { CommandError } from '../running-process.js';
import { readToken } from './read-token.js';
import { type ConnectOptions, runConnection } from './run.js';

/** What the options say. */
export interface OAuthOptions extends ConnectOptions {
  readonly publicUrl: string;
  readonly region: Region;
  readonly source?: string;
  readonly secretsDirectory?: string;
  readonly showSecrets?: boolean;
  readonly test?: boolean;
  readonly oauth?: boolean;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly scope?: string;
  readonly redirectUri: string;
  readonly install?: string;
  readonly open?: boolean;
  readonly pkce: boolean;
  readonly refresh: RefreshWay;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly configUrl: string;
}

/** Where, and until when. */
export interface OAuthPlace {
  readonly workspace: string;
  readonly settingsLocation: string;
  readonly signal: AbortSignal;
}

function needed(value: string | undefined, option: string): string {
  if (value !== undefined && value !== '') return value;
  throw new CommandError(`--oauth needs ${option}: it ${WORKS_FOR}, and they know it.`);
}

async function appOf(options: OAuthOptions): Promise<OAuthApp> {
  const { redirectUri, pkce, refresh, authorizeUrl, tokenUrl, configUrl } = options;
  return {
    ...{ redirectUri, pkce, refresh, authorizeUrl, tokenUrl },
    configUrl: configUrl.replace(/(?<!\/)\/+$/, ''),
    clientId: needed(options.clientId, '--client-id'),
    scope: needed(options.scope, '--scope'),
    clientSecret: await readToken({
      what: "client secret of the app's",
      variable: 'SEGMENT_CLIENT_SECRET',
      file: options.clientSecretFile,
      option: '--client-secret-file',
    }),
  };
}

/** Sends a person to the page on which to allow it, and waits for the answer. */
async function askForConsent(
  connection: OAuthConnection,
  wait: (isAnswer: OAuthConnection['isAnswer'], take: OAuthConnection['finish']) => Promise<void>,
  open: boolean | undefined,
) {
  const { url } = await connection.begin();
  complain('Open this address, pick the workspace and the source, and allow it:');
  // For a person who reads it now: it is no part of what the command answers.
  complain(url);
  const forget = open ? await openInBrowser(url) : undefined;
  try {
    await wait(connection.isAnswer, connection.finish);
  } finally {
    forget?.();
  }
}

/** @throws ConnectError, CommandError */
export async function connectByOAuth(
  options: OAuthOptions,
  { workspace, settingsLocation, signal }: OAuthPlace,
): Promise<void> {
  if (options.region !== 'us')
    throw new CommandError("Segment's OAuth is of its US region: connect with a Public API token, without --oauth.");
  const { publicUrl, source, install, secretsDirectory, showSecrets, open, test } = options;
  const app = await appOf(options);
  const told: ConnectByOAuthOptions = {
    ...{ app, workspace, publicUrl, settingsLocation, reach: test !== false, patience: { signal } },
    ...(source !== undefined && { source }),
    ...(install !== undefined && { install }),
    ...(secretsDirectory !== undefined && { secretsDirectory }),
    ...(showSecrets !== undefined && { showSecrets }),
  };
  const known = connectSegmentByOAuth(told);
  if (options.plan || !(await known.needsConsent())) return runConnection(known, options);
  const listener = await listenForAnswer({ redirectUri: app.redirectUri, signal });
  try {
    const connection = connectSegmentByOAuth({ ...told, app: { ...app, redirectUri: listener.redirectUri } });
    await askForConsent(connection, listener.waitFor, open);
    await runConnection(connection, options);
  } finally {
    await listener.close();
  }
}

/** Adds the options of this way. */
export function addOAuthOptions(command: Command): Command {
  return command
    .option('--oauth', `ask a person in a browser instead of taking a token: ${WORKS_FOR}`)
    .option('--client-id <id>', 'with --oauth: client ID of the app')
    .option(
      '--client-secret-file <file>',
      'with --oauth: file that holds the client secret (default: SEGMENT_CLIENT_SECRET, else it is asked for)',
    )
    .option('--scope <scope>', 'with --oauth: destination/SLUG, as the app was made with')
    .option(
      '--redirect-uri <uri>',
      'with --oauth: one that the app was made with, of this machine',
      SEGMENT_OAUTH.redirectUri,
    )
    .option('--install <name>', 'with --oauth: installs/NUMBER, where it was allowed before')
    .option('--open', 'with --oauth: open the page in the browser')
    .option('--no-pkce', 'with --oauth: leave PKCE out')
    .addOption(
      new Option('--refresh <way>', 'with --oauth: how a token that has ended is replaced')
        .choices(REFRESH_WAYS)
        .default(SEGMENT_OAUTH.refresh),
    )
    .option('--authorize-url <url>', 'with --oauth: where a person allows it', SEGMENT_OAUTH.authorizeUrl)
    .option('--token-url <url>', 'with --oauth: where a code becomes a token', SEGMENT_OAUTH.tokenUrl)
    .option('--config-url <url>', "with --oauth: address of Segment's Config API", SEGMENT_OAUTH.configUrl);
}
