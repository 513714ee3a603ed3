// The recorder: a tap in front of a program, and taps in front of those that it calls.

import { Mutex } from '../base/mutex.js';
import {
  type FixtureCall,
  type FixtureExchange,
  type FixtureProtocol,
  RECEIVERS,
  type Receiver,
} from '../contract/fixture.js';
import type { SeenExchange } from './exchange.js';
import { Quiet } from './quiet.js';
import { UnreadableBodyError } from './readable-body.js';
import { readRecordedSettings } from './recorded-settings.js';
import { type Label, Recording, type RecordingSummary } from './recording.js';
import { type KnownAddress, ScrubRules } from './scrub-rules.js';
import { Secrets } from './secrets.js';
import { callOf, exchangeOf } from './seen-fixture.js';
import { startTap, type Tap, type Unkept, type Watcher } from './tap.js';

/** What a recorder does. */
export interface RecorderOptions {
  /** Address of the program that is asked. */
  readonly to: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Those that it calls, with their addresses: it has to be told to call the recorder instead. */
  readonly receivers: readonly { readonly to: Receiver; readonly url: string; readonly port: number }[];
  readonly directory: string;
  readonly client: string;
  readonly protocol?: FixtureProtocol;
  /** Fixtures to write. */
  readonly limit: number;
  /** Fields to scrub beside those that are known. */
  readonly fields: readonly string[];
  /** Texts of settings files. They name the receivers' taps, or no addresses at all. */
  readonly settings: readonly string[];
  /** Where the settings' keys are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Texts that change from run to run, as ports do, and what stands for each. */
  readonly texts?: readonly KnownAddress[];
  /** Environment variables of the plugin that its answers depend on. */
  readonly pluginEnvironment?: Readonly<Record<string, string>>;
  /** The plugin is stopping while it is recorded. */
  readonly stopping?: true;
  /**
   * With receivers, milliseconds without anything after which all calls of a request have come. Until then the next request waits: no call says which
   * request it is because of.
   */
  readonly quietMs: number;
  /** True where `cut` says what goes into a file; otherwise each exchange has one of its own. */
  readonly isCut?: boolean;
  /** Exchanges that are to be kept. Default: all. */
  readonly picks?: (seen: SeenExchange) => boolean;
  readonly now: () => number;
  readonly say: (line: string) => void;
}

/** What passed and was not kept, beside what the files say. */
export type RecorderSummary = RecordingSummary &
  Readonly<Record<Unkept | 'unreadable' | 'calls of no request', number>>;

/** A running recorder. */
export interface Recorder {
  readonly url: string;
  /** Where the program has to call each receiver. */
  readonly receiverUrls: Readonly<Partial<Record<Receiver, string>>>;
  /** Exchanges that are kept for the next file. */
  readonly held: number;
  /** Writes what has been kept since the last time, once all calls of it have come. */
  cut(label: Label): Promise<void>;
  /** Stops, and writes what is there. */
  close(): Promise<RecorderSummary>;
}

/** Bytes of exchanges that wait for their file. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

/** An exchange, and the calls that have come because of it so far. */
interface Held {
  readonly exchange: FixtureExchange;
  readonly calls: readonly FixtureCall[];
}

function hostForms(url: string): readonly string[] {
  const { port } = new URL(url);
  return port === '' ? [] : [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
}

function bytesOf({ request, response }: SeenExchange): number {
  return (request.bytes?.length ?? 0) + (response.bytes?.length ?? 0);
}

/** Calls to several places go out at the same time, in any order. Those to one place keep theirs. */
function inOrder(calls: readonly FixtureCall[]): readonly FixtureCall[] {
  const placeOf = ({ to, path, headers }: FixtureCall) => `${RECEIVERS.indexOf(to)} ${path} ${JSON.stringify(headers)}`;
  return calls.toSorted((one, other) => (placeOf(one) < placeOf(other) ? -1 : Number(placeOf(one) > placeOf(other))));
}

/** Takes what the taps see, and decides what belongs together. */
class Desk {
  readonly counts = { 'broken off': 0, 'too large': 0, unreadable: 0, 'calls of no request': 0 };
  readonly #options: RecorderOptions;
  readonly #hasReceivers: boolean;
  readonly #quiet: Quiet;
  readonly #turns = new Mutex();
  #recording: Recording | undefined;
  #secrets = new Secrets();
  #held: Held[] = [];
  #heldBytes = 0;
  /** Calls of the request that began last. */
  #calls: FixtureCall[] | undefined;
  #last = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#hasReceivers = options.receivers.length > 0;
    this.#quiet = new Quiet(options.quietMs, () => {
      if (options.isCut !== true) this.#write();
    });
  }

  /** @param secrets of the settings */
  start(recording: Recording, secrets: Secrets): void {
    this.#recording = recording;
    this.#secrets = secrets;
  }

  get held(): number {
    return this.#held.length;
  }

  #write(label?: Label): void {
    const exchanges = this.#held.map(({ exchange, calls }) => ({ ...exchange, calls: inOrder(calls) }));
    this.#held = [];
    this.#heldBytes = 0;
    if (exchanges.length > 0 && this.#recording !== undefined) this.#last = this.#recording.keep(exchanges, label);
  }

  /** A request that arrives; with receivers, once the one before has settled. */
  async watchRequest(): Promise<Watcher> {
    if (!this.#hasReceivers) return this.#beginRequest();
    return this.#turns.run(async () => {
      await this.#quiet.settled();
      return this.#beginRequest();
    });
  }

  #beginRequest(): Watcher {
    this.#quiet.begin();
    const calls: FixtureCall[] = [];
    this.#calls = calls;
    return {
      kept: (seen) => {
        if (this.#options.picks?.(seen) ?? true) this.#hold(seen, calls);
        // Nothing follows it, so it need not wait.
        if (!this.#hasReceivers && this.#options.isCut !== true) this.#write();
        this.#quiet.end();
      },
      unkept: (why) => {
        this.counts[why] += 1;
        this.#quiet.end();
      },
    };
  }

  #hold(seen: SeenExchange, calls: readonly FixtureCall[]): void {
    const bytes = bytesOf(seen);
    if (this.#heldBytes + bytes > MAX_HELD_BYTES) this.counts['too large'] += 1;
    else {
      const exchange = this.#read(seen, () => exchangeOf(seen, this.#secrets));
      if (exchange === undefined) return;
      this.#heldBytes += bytes;
      this.#held.push({ exchange, calls });
    }
  }

  watchCall(to: Receiver): Watcher {
    this.#quiet.begin();
    const calls = this.#calls;
    if (calls === undefined) this.counts['calls of no request'] += 1;
    return {
      kept: (seen) => {
        const call = this.#read(seen, () => callOf(seen, to));
        if (call !== undefined) calls?.push(call);
        this.#quiet.end();
      },
      unkept: (why) => {
        this.counts[why] += 1;
        this.#quiet.end();
      },
    };
  }

  /** What is no text cannot be kept. Nothing that passes may end the recorder. */
  #read<T>(seen: SeenExchange, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      this.counts.unreadable += 1;
      const why = error instanceof UnreadableBodyError ? error.message : 'it cannot be read';
      this.#options.say(`Not kept: a body of ${seen.method} was passed on, but ${why}.`);
      return undefined;
    }
  }

  async cut(label: Label): Promise<void> {
    await this.#quiet.settled();
    this.#write(label);
    await this.#last;
  }

  async close(): Promise<void> {
    this.#quiet.close();
    this.#write();
    await this.#last;
  }
}

/** @throws what `startTap` does; RecordedSettingsError */
export async function startRecorder(options: RecorderOptions): Promise<Recorder> {
  const desk = new Desk(options);
  const taps: Tap[] = [];
  const closeTaps = () => Promise.all(taps.map((tap) => tap.close()));
  const open = async (to: string, port: number, watch: () => Promise<Watcher> | Watcher): Promise<Tap> => {
    const tap = await startTap({ to, port, watch });
    taps.push(tap);
    return tap;
  };
  try {
    const front = await open(options.to, options.port, () => desk.watchRequest());
    const receiverUrls: Partial<Record<Receiver, string>> = {};
    const addresses: KnownAddress[] = [];
    for (const { to, url, port } of options.receivers) {
      const tap = await open(url, port, () => desk.watchCall(to));
      receiverUrls[to] = tap.url;
      addresses.push([tap.url, `{{${to}Url}}`]);
    }
    const rules = new ScrubRules({ fields: options.fields, own: [...hostForms(front.url), ...hostForms(options.to)] });
    const settings = readRecordedSettings(options.settings, addresses, rules.secrets, options.environment);
    rules.know([...addresses, ...settings.addresses, ...(options.texts ?? [])], settings.ids);
    const { directory, client, protocol, limit, now, say, pluginEnvironment, stopping } = options;
    const recording = new Recording({
      ...{ directory, client, limit, now, say, rules },
      settings: settings.documents,
      ...(protocol !== undefined && { protocol }),
      ...(pluginEnvironment !== undefined && { environment: pluginEnvironment }),
      ...(stopping && { stopping }),
    });
    desk.start(recording, rules.secrets);
    return {
      url: front.url,
      receiverUrls,
      get held() {
        return desk.held;
      },
      cut: (label) => desk.cut(label),
      async close() {
        await closeTaps();
        await desk.close();
        return { ...recording.summary, ...desk.counts };
      },
    };
  } catch (error) {
    await closeTaps();
    throw error;
  }
}
