// `statsig-cdp conformance`: plays the fixtures against any deployment, between stand-ins on loopback, and prints which rows of the documents hold.

import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { codeOf } from '../base/system-error.js';
import { complain, say } from '../base/terminal.js';
import { checkConformance } from '../contract/conformance/conformance.js';
import { jsonReport } from '../contract/conformance/json-report.js';
import { junitReport } from '../contract/conformance/junit-report.js';
import { countOutcomes, type Outcome } from '../contract/conformance/outcome.js';
import { ownProcess } from '../contract/conformance/own-process.js';
import { ConformanceError, type Target } from '../contract/conformance/target.js';
import { textReport } from '../contract/conformance/text-report.js';
import { FixtureError, readFixtures } from '../contract/read-fixtures.js';
import type { ReceiversOptions } from '../contract/receivers-on-loopback.js';
import { manifest } from '../settings/manifest.js';

interface Options {
  readonly url?: string;
  readonly publicUrl?: string;
  readonly protocol?: readonly string[];
  readonly settingsDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly fixtures?: string;
  readonly standIns?: ReceiversOptions;
  readonly reachedAs?: string;
  readonly json?: boolean;
  readonly junit?: string;
}

const withoutSlash = (url: string) => url.replace(/(?<!\/)\/+$/, '');

function readVariable(value: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, name, text] = /^([A-Za-z_]\w*)=(.*)$/s.exec(value) ?? [];
  if (name === undefined || text === undefined) throw new InvalidArgumentError('Write NAME=VALUE.');
  return { ...before, [name]: text };
}

function readAddress(value: string): ReceiversOptions {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
  if (host === undefined) throw new InvalidArgumentError('Write HOST:PORT, as 0.0.0.0:9500.');
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

function targetOf({ url, publicUrl, settingsDir, environment }: Options): Target {
  if (url === undefined) {
    if (publicUrl !== undefined || settingsDir !== undefined || environment !== undefined)
      throw new ConformanceError('Without --url the process of this package is started, which needs nothing more.');
    return { start: ownProcess() };
  }
  return {
    url: withoutSlash(url),
    ...(publicUrl !== undefined && { publicUrl: withoutSlash(publicUrl) }),
    ...(settingsDir !== undefined && { settingsDirectory: settingsDir }),
    ...(environment !== undefined && { environment }),
  };
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new ConformanceError(`The report cannot be written to ${file} (${codeOf(error)}).`);
  }
}

async function conformance(options: Options): Promise<readonly Outcome[]> {
  const { protocol, standIns, reachedAs, fixtures: folder } = options;
  const fixtures = readFixtures(folder).filter(
    ({ fixture }) => protocol === undefined || protocol.includes(fixture.protocol),
  );
  if (fixtures.length === 0) throw new ConformanceError('There are no such fixtures.');
  return checkConformance({
    target: targetOf(options),
    fixtures,
    standIns: { ...standIns, ...(reachedAs !== undefined && { reachedAs }) },
  });
}

/** Ends what was started, and takes the settings away, when the run is given up. */
function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
}

async function run(options: Options): Promise<void> {
  exitOnSignals();
  const outcomes = await conformance(options);
  if (options.junit !== undefined) writeReport(options.junit, junitReport(outcomes));
  say(options.json ? JSON.stringify(jsonReport(outcomes), null, 2) : textReport(outcomes));
  const { held, failed } = countOutcomes(outcomes);
  if (held + failed === 0) complain('Nothing could be played.');
  if (failed > 0 || held === 0) process.exitCode = 1;
}

/** Adds the command. It exits with 0 when all that could be played held, and something could. */
export function addConformanceCommand(command: Command): void {
  command
    .option('--url <url>', 'what is checked; without it the process of this package is started')
    .option('--public-url <url>', 'its port for senders outside, where that is another one')
    .addOption(
      new Option('--protocol <name...>', 'only fixtures of these protocols').choices(Object.keys(manifest.protocols)),
    )
    .option('--settings-dir <dir>', 'a directory that it reads its settings documents from; the command writes a file')
    .option('--environment <name=value>', 'a variable that it was started with (again for each)', readVariable)
    .option('--fixtures <dir>', 'a folder of fixtures (default: those of this package)')
    .option('--stand-ins <host:port>', 'where the stand-ins listen, on five ports from this one on', readAddress)
    .option('--reached-as <host>', 'the name under which the target finds the host of the stand-ins')
    .option('--json', 'print the report as one JSON object')
    .option('--junit <file>', 'write the report as JUnit XML, too')
    .action(async (options: Options) => {
      try {
        await run(options);
      } catch (error) {
        if (!(error instanceof ConformanceError || error instanceof FixtureError)) throw error;
        complain(error.message);
        process.exitCode = 1;
      }
    });
}
