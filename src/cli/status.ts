// `statsig-cdp status`: how a running process stands, on one screen.

import type { Command } from 'commander';
import { complain } from '../base/terminal.js';
import { hostOf } from '../call/http-request.js';
import type { JsonObject } from '../model/segment-event.js';
import type { StatusAnswer } from '../operate/overview/shapes.js';
import { ProcessSettingsError } from '../settings/process.js';
import { askForObject, CommandError, findProcess, foreignAnswer } from './running-process.js';
import { isAttentionNeeded, showStatus } from './status-screen.js';
import { JSON_OPTION, sayJson } from './table.js';

/** Milliseconds for an answer: all of it is in memory. */
const PATIENCE_MS = 10_000;

/** Exit codes, for scripts. */
const ATTENTION_NEEDED = 1;
const CANNOT_BE_ASKED = 2;

/** As much as is needed to show it. */
function isStatus(value: JsonObject): value is JsonObject & StatusAnswer {
  return Array.isArray(value.attention) && Array.isArray(value.lanes) && typeof value.settings === 'object';
}

interface Options {
  readonly url?: string;
  readonly json?: boolean;
}

async function show({ url, json }: Options): Promise<void> {
  const peer = findProcess(url);
  const status = await askForObject(peer, 'status', { timeoutMs: PATIENCE_MS });
  if (!isStatus(status)) throw foreignAnswer(peer);
  if (json === true) sayJson(status);
  else showStatus(status, hostOf(peer.url));
  if (isAttentionNeeded(status)) process.exitCode = ATTENTION_NEEDED;
}

/** Adds the command. It exits with 0 where all is well, 1 where something needs attention, 2 where the process cannot be asked. */
export function addStatusCommand(command: Command): void {
  command
    .option('--url <url>', 'address of the process (default: this machine, PORT)')
    .option(JSON_OPTION, 'all of it as JSON')
    .addHelpText('after', '\nExit code: 0 all is well, 1 something needs attention, 2 the process cannot be asked.')
    .action(async (options: Options) => {
      try {
        await show(options);
      } catch (error) {
        if (!(error instanceof CommandError || error instanceof ProcessSettingsError)) throw error;
        complain(error.message);
        process.exitCode = CANNOT_BE_ASKED;
      }
    });
}
