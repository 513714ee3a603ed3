// `statsig-cdp transform`: says what becomes of the events of a file, offline, by the code that serves requests.

import { type Command, Option } from 'commander';
import { PluginError } from '../base/errors.js';
import { TERMINAL, type Terminal } from '../base/terminal.js';
import { DEFAULT_DOCUMENT } from '../settings/default-document.js';
import { SettingsError } from '../settings/settings-error.js';
import { staticStore } from '../settings/store.js';
import { WorkspaceChoiceError } from '../sources/tester/choose-document.js';
import { guessSource } from '../sources/tester/guess-source.js';
import { type RouteType, TESTED_SOURCES, type TestedSource, type Tester } from '../sources/tester/source-tester.js';
import { createTester } from '../sources/tester/tester.js';
import { refused, type Tried } from '../sources/tester/tried.js';
import { SINGLE_TYPES } from '../sources/tracking-api/unpack.js';
import { EventFileError, readValues } from './read-events.js';
import { readSettings } from './read-settings.js';
import { JSON_OPTION } from './table.js';
import { TransformOutput } from './transform-output.js';

interface Options {
  readonly as?: TestedSource;
  readonly settings: readonly string[];
  readonly workspace?: string;
  readonly outbound?: boolean;
  readonly type?: RouteType;
  readonly explain?: boolean;
  readonly json?: boolean;
}

/** A body that its source refuses as a whole counts as one event. */
function* tryBody(tester: Tester, body: unknown): Iterable<Tried> {
  try {
    yield* tester.tryBody(body);
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    yield refused(error);
  }
}

/** What another option says of the source. */
function impliedSource({ outbound, type }: Options): TestedSource | undefined {
  if (outbound) return 'statsig';
  return type === undefined ? undefined : 'tracking-api';
}

/** @returns the exit code */
async function transform(file: string, options: Options, terminal: Terminal): Promise<number> {
  const { as = impliedSource(options), settings, workspace: workspaceId, type: routeType } = options;
  if (routeType !== undefined && as !== 'tracking-api') {
    await terminal.complainLine(`--type is about the routes of --as tracking-api, and not about ${as}.`);
    return 2;
  }
  const output = new TransformOutput(options.explain === true, options.json === true, terminal);
  const warn = (warning: string) => output.note(`warning: ${warning}`);
  const store = settings.length === 0 ? staticStore([DEFAULT_DOCUMENT]) : await readSettings(settings, warn);
  const sourceOf = (body: unknown): TestedSource => {
    if (as !== undefined) return as;
    const { source, why } = guessSource(body);
    output.note(`Tried as ${source}, because ${why}. --as tells otherwise.`);
    return source;
  };
  let tester: Tester | undefined;
  for await (const body of readValues(file)) {
    tester ??= createTester({
      source: sourceOf(body),
      store,
      workspaceId,
      routeType,
      now: Date.now,
      note: (text) => output.note(text),
    });
    for (const tried of tryBody(tester, body)) await output.add(tried);
  }
  await output.summarise();
  return output.hasInvalid ? 1 : 0;
}

function isTellable(error: unknown): error is Error {
  return error instanceof EventFileError || error instanceof SettingsError || error instanceof WorkspaceChoiceError;
}

/**
 * Adds the command. It exits with 1 when an event is an error, 2 when the events or the settings cannot be read.
 *
 * @param terminal default: that of this process
 */
export function addTransformCommand(command: Command, terminal = TERMINAL): void {
  command
    .argument('<file>', 'events or bodies of requests, as JSON or one per line; - for standard input')
    .addOption(
      new Option('--as <source>', 'the source that they come to; guessed where it is not given').choices(
        TESTED_SOURCES,
      ),
    )
    .option(
      '--settings <path>',
      'a file of settings documents or a settings directory; may be given several times',
      (path: string, paths: readonly string[]) => [...paths, path],
      [],
    )
    .option('--workspace <id>', 'the workspace of bodies that do not tell it themselves')
    .addOption(new Option('--outbound', 'the same as --as statsig').conflicts('as'))
    .addOption(
      new Option('--type <type>', 'the type of events that do not say theirs: that of their route of the Tracking API')
        .choices(SINGLE_TYPES)
        .conflicts('outbound'),
    )
    .option('--explain', 'say which rule produced each field (on standard error)')
    .option(
      JSON_OPTION,
      'print everything about each event: what it was read as, what it becomes, where each field comes from, each decision',
    )
    .action(async (file: string, options: Options) => {
      try {
        terminal.endWith(await transform(file, options, terminal));
      } catch (error) {
        if (!isTellable(error)) throw error;
        await terminal.complainLine(error.message);
        terminal.endWith(2);
      }
    });
}
