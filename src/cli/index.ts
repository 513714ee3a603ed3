#!/usr/bin/env node
// The command line: one subcommand per file, loaded when it is needed.

import { inspect } from 'node:util';
import { Command } from 'commander';
import { endWithNpm } from '../base/npm-parent.js';
import { toPrintable } from '../base/printable.js';
import { complain, endWithReader } from '../base/terminal.js';
import { VERSION } from '../base/version.js';
import { ManifestError } from '../settings/manifest/manifest-error.js';

/** A subcommand. What it works with is loaded when it is asked for, or its help. */
interface Subcommand {
  readonly name: string;
  readonly alias?: string;
  readonly description: string;
  readonly add: (command: Command) => Promise<void>;
}

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'serve',
    alias: 'start',
    description: 'Serve (settings come from environment variables, see docs/settings.md).',
    add: async (command) => void command.action(async () => (await import('../server/serve.js')).serve()),
  },
  {
    name: 'demo',
    description: 'Play made-up events both ways between stand-ins on this machine, and show what arrives where.',
    add: async (command) => (await import('./demo.js')).addDemoCommand(command),
  },
  {
    name: 'check',
    description: 'Look for faults in settings and environment, and for what may not be meant, without starting.',
    add: async (command) => (await import('./check.js')).addCheckCommand(command),
  },
  {
    name: 'connect',
    description: 'Connect Segment and others with this plugin: show what is to be done, do it, or take it back.',
    add: async (command) => (await import('./connect.js')).addConnectCommand(command),
  },
  {
    name: 'functions',
    description: 'Write scripts for Segment Functions and RudderStack transformations, which need no server.',
    add: async (command) => (await import('./functions.js')).addFunctionsCommand(command),
  },
  {
    name: 'transform',
    description: 'Convert a JSON or NDJSON file of events offline and print the requests they become.',
    add: async (command) => (await import('./transform.js')).addTransformCommand(command),
  },
  {
    name: 'conformance',
    description: 'Play the fixtures against any deployment, and print which rows of the documents hold.',
    add: async (command) => (await import('./conformance.js')).addConformanceCommand(command),
  },
  {
    name: 'replay',
    description: 'Send events of an archive again: into a running plugin, or straight to Statsig and CDPs.',
    add: async (command) => (await import('./replay.js')).addReplayCommand(command),
  },
  {
    name: 'record',
    description: 'Stand between two programs and keep what passes as fixtures, without secrets.',
    add: async (command) => (await import('./record.js')).addRecordCommand(command),
  },
  {
    name: 'manifest',
    description: 'Print manifest.json, or write it as definition files for RudderStack.',
    add: async (command) => (await import('./manifest.js')).addManifestCommand(command),
  },
  {
    name: 'console',
    description: 'Print a link that opens the console of a running process, signed in, or open it.',
    add: async (command) => (await import('./console.js')).addConsoleCommand(command),
  },
  {
    name: 'status',
    description: 'Show how a running process stands, and what needs attention.',
    add: async (command) => (await import('./status.js')).addStatusCommand(command),
  },
  {
    name: 'tail',
    description: 'Follow the live log of a running process: what becomes of events, and who is refused.',
    add: async (command) => (await import('./tail.js')).addTailCommand(command),
  },
  {
    name: 'dead-letters',
    description: 'List, show, redeliver or drop events that were given up.',
    add: async (command) => (await import('./dead-letters.js')).addDeadLettersCommand(command),
  },
  {
    name: 'deletions',
    description: 'Deletions that Statsig was asked for.',
    add: async (command) => (await import('./deletions.js')).addDeletionsCommand(command),
  },
  {
    name: 'outbox',
    description: 'Looks after the events that wait, and moves them to another outbox.',
    add: async (command) => (await import('./outbox.js')).addOutboxCommand(command),
  },
  {
    name: 'waiting',
    description: 'Events that wait for a target.',
    add: async (command) => (await import('./waiting.js')).addWaitingCommand(command),
  },
];

const program = new Command('statsig-cdp')
  .description('The Statsig integration for self-hosted customer-data pipelines.')
  .version(VERSION)
  .configureOutput({
    writeOut: (text) => process.stdout.write(toPrintable(text)),
    writeErr: (text) => process.stderr.write(toPrintable(text)),
    // What is refused may be a key that somebody put where its name belongs, or an address with a password.
    outputError: (text, write) => write(text.replace(/ argument '.*' is invalid\./s, ' cannot have this value.')),
  });

const [, , first, second] = process.argv;
const asked = first === 'help' ? second : first;

endWithNpm();
// A process that serves goes on for its senders: what it does without a log is its own matter.
if (asked !== 'serve' && asked !== 'start') endWithReader();
try {
  for (const { name, alias, description, add } of SUBCOMMANDS) {
    const command = program.command(name).description(description);
    if (alias !== undefined) command.alias(alias);
    if (asked === name || asked === alias) await add(command);
  }
  await program.parseAsync();
} catch (error) {
  complain(error instanceof ManifestError ? error.message : inspect(error));
  process.exitCode = 1;
}
