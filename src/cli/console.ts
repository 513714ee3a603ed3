// `statsig-cdp console`: a link that opens the console of a running process, signed in.

import type { Command } from 'commander';
import { complain, say } from '../base/terminal.js';
import { openInBrowser } from './open-in-browser.js';
import { askForObject, findProcess, foreignAnswer, runCommand } from './running-process.js';
import { JSON_OPTION, sayJson } from './table.js';

interface Options {
  readonly url?: string;
  readonly open?: boolean;
  readonly json?: boolean;
}

async function showLink({ url, open, json }: Options): Promise<void> {
  const peer = findProcess(url);
  const { link, role, expiresAt } = await askForObject(peer, 'signInLink', { body: {} });
  if (typeof link !== 'string' || !/^\/console\/#link=[\w-]+$/.test(link)) throw foreignAnswer(peer);
  const address = peer.url + link;
  if (json) sayJson({ url: address, role, expiresAt });
  else if (!open) say(address);
  if (open) await openInBrowser(address);
  complain('The link works once, within a minute.');
}

/** Adds the command. It exits with 1 when it cannot do what it is asked. */
export function addConsoleCommand(command: Command): void {
  command
    .option('--open', 'open it in the browser')
    .option(JSON_OPTION, 'print {url, role, expiresAt}')
    .option('--url <url>', 'address of the process (default: this machine, PORT)')
    .action((options: Options) => runCommand(() => showLink(options)));
}
