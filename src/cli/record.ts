// `statsig-cdp record`: keeps what passes between two programs as fixtures, without secrets.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { codeOf } from '../base/system-error.js';
import { TERMINAL, type Terminal } from '../base/terminal.js';
import { type FixtureProtocol, RECEIVERS, type Receiver } from '../contract/fixture.js';
import { RecordedSettingsError } from '../record/recorded-settings.js';
import { type RecorderSummary, startRecorder } from '../record/recorder.js';
import { CommandError, runCommand } from './running-process.js';

const PROTOCOLS: readonly FixtureProtocol[] = ['rudderstack', 'segment', 'trackingApi', 'statsig', 'operations'];

interface ReceiverOption {
  readonly to: Receiver;
  readonly url: string;
  readonly port: number;
}

interface Options {
  readonly to: string;
  readonly out: string;
  readonly port: number;
  readonly client: string;
  readonly protocol?: FixtureProtocol;
  readonly calls: readonly ReceiverOption[];
  readonly settings: readonly string[];
  readonly scrub: readonly string[];
  readonly limit: number;
  readonly quiet: number;
}

function readAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new InvalidArgumentError(
      'It is no address: http://127.0.0.1:9090 is one. A user and a password cannot be in it.',
    );
  return text;
}

function readNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is no whole number.');
  return Number(text);
}

function readPort(text: string): number {
  const port = readNumber(text);
  if (port > 65_535) throw new InvalidArgumentError('A port is a number up to 65535.');
  return port;
}

/** `statsig=https://events.statsigapi.net`, `statsig:9101=https://…`. */
function readReceiver(text: string, before: readonly ReceiverOption[]): readonly ReceiverOption[] {
  const [, name = '', port = '0', url = ''] = /^(\w+)(?::(\d+))?=(.*)$/.exec(text) ?? [];
  const to = RECEIVERS.find((receiver) => receiver === name);
  if (to === undefined) throw new InvalidArgumentError(`It begins with one of ${RECEIVERS.join(', ')} and a \`=\`.`);
  return [...before, { to, url: readAddress(url), port: readPort(port) }];
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${codeOf(error)}).`);
  }
}

/** Files of an earlier recording would stand beside those of this one, or be replaced by them. */
function assertEmpty(directory: string): void {
  if (existsSync(directory) && readdirSync(directory).some((name) => name.endsWith('.json')))
    throw new CommandError(`${directory} holds fixtures already. Remove them, or name another directory.`);
}

function summarise(summary: RecorderSummary): string {
  const counts = [
    [summary.written.length, 'written'],
    [summary.equal, 'equal to one that is written'],
    [summary.refused, 'NOT written because of a secret'],
    [summary.failed, 'NOT written because of a fault'],
    [summary.over, 'over the limit'],
    [summary['broken off'], 'broken off'],
    [summary['too large'], 'too large'],
    [summary.unreadable, 'unreadable'],
    [summary['calls of no request'], 'calls that no request led to'],
  ] as const;
  return counts.flatMap(([count, what]) => (count === 0 && what !== 'written' ? [] : [`${count} ${what}`])).join(', ');
}

/** Resolves when a person or a supervisor ends the command. */
function interrupted(): Promise<unknown> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });
}

async function record(options: Options, terminal: Terminal): Promise<void> {
  const { to, port, client, protocol, calls, settings, scrub, limit, quiet } = options;
  const directory = join(options.out, client.toLowerCase().replace(/[^a-z0-9.]+/g, '-'));
  assertEmpty(directory);
  const recorder = await startRecorder({
    ...{ to, port, client, directory, limit, receivers: calls, fields: scrub, quietMs: quiet },
    ...(protocol !== undefined && { protocol }),
    settings: settings.map(readText),
    environment: process.env,
    now: Date.now,
    say: (line) => void terminal.complainLine(line),
  }).catch((error: unknown) => {
    if (error instanceof RecordedSettingsError) throw new CommandError(`The settings file ${error.message}.`);
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new CommandError(`The recorder cannot start (${code}).`);
  });
  await terminal.sayLine(`Requests for ${to} now go to ${recorder.url}.`);
  for (const [receiver, url] of Object.entries(recorder.receiverUrls))
    await terminal.sayLine(`Calls to ${receiver} now go to ${url}.`);
  await interrupted();
  const summary = await recorder.close();
  await terminal.complainLine(summarise(summary));
  if (summary.refused > 0 || summary.failed > 0) terminal.endWith(1);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Adds the command. It exits with 1 when something was not written, because it may hold a secret or because of a fault. */
export function addRecordCommand(command: Command, terminal = TERMINAL): void {
  command
    .requiredOption('--to <url>', 'where requests go on to: the plugin, or any other program', readAddress)
    .requiredOption('--out <directory>', 'gets a directory of fixtures, named after the client')
    .option('--port <number>', 'port on this machine that is asked in its place; a free one by default', readPort, 0)
    .option('--client <name>', 'who sends, with its version', 'client')
    .addOption(new Option('--protocol <name>', 'what is spoken; by default the paths say it').choices(PROTOCOLS))
    .option(
      '--calls <receiver=url>',
      `also record what the plugin sends to a receiver (${RECEIVERS.join(', ')}; \`statsig:9101=https://…\` chooses the port); may be given several times`,
      readReceiver,
      [],
    )
    .option('--settings <file>', 'settings of the plugin that belong to it; may be given several times', collect, [])
    .option(
      '--scrub <field...>',
      'fields whose values are replaced, by name or by the end of their path (traits.plan)',
      [],
    )
    .option('--limit <number>', 'fixtures to write', readNumber, 100)
    .option(
      '--quiet <ms>',
      'with --calls: a fixture is complete when nothing has passed for so long',
      readNumber,
      3_000,
    )
    .action((options: Options) => runCommand(() => record(options, terminal)));
}
