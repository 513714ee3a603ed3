#!/usr/bin/env node
// The command line: one subcommand per file.

import { inspect } from 'node:util';
import { Command } from 'commander';
import { toPrintable } from '../base/printable.js';
import { complain } from '../base/terminal.js';
import { VERSION } from '../base/version.js';
import { serve } from '../server/serve.js';
import { addDeadLettersCommand } from './dead-letters.js';
import { addDeletionsCommand } from './deletions.js';
import { addManifestCommand } from './manifest.js';
import { addOutboxCommand } from './outbox.js';
import { addTransformCommand } from './transform.js';
import { addWaitingCommand } from './waiting.js';

const program = new Command('statsig-cdp')
  .description('The Statsig integration for self-hosted customer-data pipelines.')
  .version(VERSION)
  .configureOutput({
    writeOut: (text) => process.stdout.write(toPrintable(text)),
    writeErr: (text) => process.stderr.write(toPrintable(text)),
  });

program
  .command('start')
  .description('Serve (settings come from environment variables, see docs/settings.md).')
  .action(serve);
addTransformCommand(program);
addManifestCommand(program);
addDeadLettersCommand(program);
addDeletionsCommand(program);
addOutboxCommand(program);
addWaitingCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  complain(inspect(error));
  process.exitCode = 1;
}
