// `statsig-cdp console`: a link that opens the console of a running process, signed in.

import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { PRIVATE_FILE } from '../base/private-files.js';
import { complain, say } from '../base/terminal.js';
import { askForObject, CommandError, findProcess, foreignAnswer, runCommand } from './running-process.js';
import { JSON_OPTION, sayJson } from './table.js';

interface Options {
  readonly url?: string;
  readonly open?: boolean;
  readonly json?: boolean;
}

/** What opens an address in the browser of the person who types. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/**
 * A page that leads to the address. Other users of the machine see the command lines of programs: the link may not stand in one.
 *
 * @returns the address of the page
 */
function writePage(address: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'statsig-cdp-')), 'console.html');
  const html = `<!doctype html><meta http-equiv="refresh" content="0; url=${address}"><a href="${address}">The console</a>\n`;
  writeFileSync(file, html, { mode: PRIVATE_FILE });
  return pathToFileURL(file).href;
}

/** @throws CommandError where there is no browser to open it with */
function openInBrowser(address: string): Promise<void> {
  const [program, ...options] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...options, writePage(address)], { stdio: 'ignore', detached: true });
  return new Promise((resolve, reject) => {
    child.once('error', () =>
      reject(new CommandError(`${program} cannot be run: open the link yourself, without --open.`)),
    );
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
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
