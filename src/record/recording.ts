// Turns what passes into files, one for each window, and refuses what still looks like a secret.

import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Mutex } from '../base/mutex.js';
import { replaceSharedFile } from '../base/private-files.js';
import { codeOf } from '../base/system-error.js';
import type { Fixture, FixtureExchange, FixtureProtocol } from '../contract/fixture.js';
import { TooManyValuesError } from './numbered.js';
import type { RecordedSettings } from './recorded-settings.js';
import { type Doubtful, findDoubtful, scrubExchanges } from './scrub-fixture.js';
import type { ScrubRules } from './scrub-rules.js';
import { protocolOf } from './seen-fixture.js';

/** What a fixture is called, where somebody says it. */
export interface Label {
  /** Name of the file, without `.json`. */
  readonly file: string;
  readonly title: string;
  readonly why: string;
}

/** What belongs to one recording. */
export interface RecordingOptions {
  /** Directory for the fixtures. */
  readonly directory: string;
  /** Who sends, with its version. */
  readonly client: string;
  /** Default: what the paths say. */
  readonly protocol?: FixtureProtocol;
  /** Fixtures. */
  readonly limit: number;
  readonly rules: ScrubRules;
  readonly settings: RecordedSettings['documents'];
  /** Environment variables of the plugin that its answers depend on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The plugin is stopping. */
  readonly stopping?: true;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Says something to a person. It holds nothing of what passed. */
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface RecordingSummary {
  readonly written: readonly string[];
  /** Fixtures that were equal to one that was written. */
  readonly equal: number;
  /** Fixtures that were not written because of a secret, and of a fault of the disk. */
  readonly refused: number;
  readonly failed: number;
  /** Fixtures over the limit. */
  readonly over: number;
}

/** Of one fixture, in a message. */
const MAX_DOUBTFUL = 5;

function nameOf({ request }: FixtureExchange): string {
  const [path = ''] = request.path.split('?');
  const words = `${request.method}${path}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return words.replace(/^-|-$/g, '').slice(0, 60);
}

function describe(doubtful: readonly Doubtful[]): string {
  const shown = doubtful.slice(0, MAX_DOUBTFUL).map(({ place, field, what }) => {
    const remedy =
      field === '' ? 'Send other data, or do not record this.' : `Add --scrub ${field} to replace its values.`;
    return `  ${place} looks like ${what}. ${remedy}`;
  });
  const more = doubtful.length - shown.length;
  return [...shown, ...(more > 0 ? [`  and ${more} more places`] : [])].join('\n');
}

/** An error of ours or of the disk; another one may quote what passed. */
function reasonOf(error: unknown): string {
  if (error instanceof TooManyValuesError) return 'it holds too many different values';
  if (error instanceof RangeError) return 'it is nested too deep';
  const code = codeOf(error);
  return code === undefined ? 'it cannot be scrubbed' : `the disk says ${code}`;
}

/** Writes fixtures. */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #digests = new Set<string>();
  readonly #names = new Map<string, number>();
  readonly #writing = new Mutex();
  readonly #written: string[] = [];
  #equal = 0;
  #refused = 0;
  #failed = 0;
  #over = 0;

  constructor(options: RecordingOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true });
  }

  get summary(): RecordingSummary {
    return {
      written: this.#written,
      equal: this.#equal,
      refused: this.#refused,
      failed: this.#failed,
      over: this.#over,
    };
  }

  /** Writes what came together as one fixture. Never rejects: a fault is said and counted. */
  keep(exchanges: readonly FixtureExchange[], label?: Label): Promise<void> {
    return this.#writing.run(() => this.#keep(exchanges, label));
  }

  async #keep(exchanges: readonly FixtureExchange[], label: Label | undefined): Promise<void> {
    const { client, directory, limit, say } = this.#options;
    if (this.#written.length >= limit) {
      if (this.#over === 0) say(`${limit} fixtures are written: from now on requests pass without being recorded.`);
      this.#over += 1;
      return;
    }
    try {
      const fixture = this.#fixtureOf(exchanges, label);
      const doubtful = findDoubtful(fixture, this.#options.rules);
      if (doubtful.length > 0) {
        this.#refused += 1;
        // Not its title, which names the path.
        const { request, response } = exchanges[0] ?? {};
        const what = label?.title ?? `${client}: a ${request?.method} that was answered ${response?.status}`;
        say(`Not written, because it may hold a secret: ${what}\n${describe(doubtful)}`);
        return;
      }
      const digest = createHash('sha256').update(JSON.stringify(fixture.exchanges)).digest('hex');
      if (this.#digests.has(digest) && label === undefined) {
        this.#equal += 1;
        return;
      }
      const file = join(directory, `${label?.file ?? this.#fileFor(fixture)}.json`);
      await replaceSharedFile(file, `${JSON.stringify(fixture, null, 2)}\n`);
      this.#digests.add(digest);
      this.#written.push(file);
      say(`${file}: ${fixture.title}`);
    } catch (error) {
      this.#failed += 1;
      const why = reasonOf(error);
      say(`Not written: ${why}`);
    }
  }

  #fileFor({ exchanges: [first] }: Fixture): string {
    const name = first === undefined ? 'exchange' : nameOf(first);
    return `${name}-${this.#names.get(name) ?? 1}`;
  }

  #fixtureOf(seen: readonly FixtureExchange[], label: Label | undefined): Fixture {
    const { client, rules, settings, environment, now, protocol, stopping } = this.#options;
    const exchanges = scrubExchanges(seen, rules, now());
    const [first] = exchanges;
    if (first === undefined) throw new Error('nothing was recorded');
    const { request, response } = first;
    const more = exchanges.length === 1 ? '' : `, and ${exchanges.length - 1} more`;
    const name = nameOf(first);
    const number = (this.#names.get(name) ?? 0) + 1;
    this.#names.set(name, number);
    const called = `${client}: ${request.method} ${request.path.slice(0, 100)} is answered ${response.status}${more} (${number})`;
    return {
      title: label?.title ?? called,
      why: label?.why ?? `It is what ${client} sent, and what it got.`,
      source: { kind: 'recorded', from: client },
      protocol: protocol ?? protocolOf(request.path),
      ...(settings.length > 0 && { settings }),
      ...(stopping && { stopping }),
      ...(environment !== undefined && { environment }),
      exchanges,
    };
  }
}
