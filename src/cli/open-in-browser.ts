// Opens an address in the browser of the person who types a command.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PRIVATE_FILE } from '../base/private-files.js';
import { CommandError } from './running-process.js';

/** What opens an address. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`);
}

/** A page that leads to the address. Other users of the machine see the command lines of programs: a secret in the address may not stand in one. */
function writePage(address: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'statsig-cdp-')), 'page.html');
  const place = escapeHtml(address);
  const html = `<!doctype html><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url=${place}"><a href="${place}">Go on</a>\n`;
  writeFileSync(file, html, { mode: PRIVATE_FILE });
  return file;
}

/**
 * Opens it.
 *
 * @returns removes the page that leads there, once the browser has read it
 * @throws CommandError where there is no browser to open it with
 */
export function openInBrowser(address: string): Promise<() => void> {
  const [program, ...options] = OPENERS[process.platform] ?? ['xdg-open'];
  const page = writePage(address);
  const remove = () => rmSync(dirname(page), { recursive: true, force: true });
  const child = spawn(program, [...options, pathToFileURL(page).href], { stdio: 'ignore', detached: true });
  return new Promise((resolve, reject) => {
    child.once('error', () => {
      remove();
      reject(new CommandError(`${program} cannot be run: open the link yourself, without --open.`));
    });
    child.once('spawn', () => {
      child.unref();
      resolve(remove);
    });
  });
}
