// Where the clients' recordings go, and what all of them share.

import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Receiver } from '../src/contract/fixture.js';
import { type Recorder, type RecorderOptions, startRecorder } from '../src/record/recorder.js';
import { freePort } from '../testkit/free-port.js';
import type { Resources } from './resources.js';

/** The fixtures of this package. */
const RECORDED = new URL('../../fixtures/recorded/', import.meta.url).pathname;

/** What one client's recording works in. */
export interface RecordPlace {
  /** A scratch directory that is there. */
  readonly directory: string;
  readonly resources: Resources;
}

/** A recording of one client that can be made. */
export interface Recordable {
  /** `segment-python`: what the command line names. */
  readonly id: string;
  /** Records it. @returns the number of fixtures */
  readonly record: (place: RecordPlace) => Promise<number>;
}

/** What differs between recordings. */
export type Recorded = Pick<RecorderOptions, 'to' | 'receivers' | 'settings'> &
  Partial<Pick<RecorderOptions, 'picks' | 'protocol' | 'stopping' | 'pluginEnvironment' | 'quietMs' | 'texts'>> & {
    /** `segment-python`. */
    readonly id: string;
    /** `Segment Python`. */
    readonly name: string;
    readonly version: string;
    /** True where another recording of this run has made the directory. */
    readonly isAdded?: boolean;
  };

/** Until what was accepted has gone on to its targets, which takes a second at the most. */
const QUIET_MS = 1_500;

function directoryOf(id: string, version: string): string {
  return join(RECORDED, `${id}-${version}`);
}

/** Empties it, and what other versions have left. */
export function makeDirectory(id: string, version: string): string {
  mkdirSync(RECORDED, { recursive: true });
  for (const name of readdirSync(RECORDED))
    if (name.startsWith(`${id}-`) && /^\d+(?:\.\d+)+\w*$/.test(name.slice(id.length + 1)))
      rmSync(join(RECORDED, name), { recursive: true });
  return directoryOf(id, version);
}

/** A recorder whose files are named by `cut`. It throws where it refuses something: these events are made up. */
export async function startRecording(
  { id, name, version, isAdded = false, ...rest }: Recorded,
  resources: Resources,
): Promise<Recorder & { readonly finish: () => Promise<number> }> {
  const refusals: string[] = [];
  const recorder = await startRecorder({
    port: 0,
    directory: isAdded ? directoryOf(id, version) : makeDirectory(id, version),
    client: `${name} ${version}`,
    limit: 1_000,
    fields: [],
    environment: {},
    quietMs: QUIET_MS,
    isCut: true,
    now: Date.now,
    say(line) {
      if (/^Not /.test(line)) refusals.push(line);
    },
    ...rest,
  });
  let isClosed = false;
  const close = async () => {
    isClosed = true;
    return recorder.close();
  };
  resources.add(async () => {
    if (!isClosed) await close();
  });
  return {
    ...recorder,
    get held() {
      return recorder.held;
    },
    async finish() {
      const { written } = await close();
      if (refusals.length > 0) throw new Error(refusals.join('\n'));
      return written.length;
    },
  };
}

/** The receivers of a plugin at the addresses of stand-ins, each on a port that is free now: the plugin's settings can name them before they are there. */
export async function receiversAt(
  urls: Readonly<Partial<Record<Receiver, string>>>,
): Promise<{ readonly receivers: RecorderOptions['receivers']; readonly taps: Readonly<Record<string, string>> }> {
  const receivers: { to: Receiver; url: string; port: number }[] = [];
  for (const [to, url] of Object.entries(urls)) receivers.push({ to: to as Receiver, url, port: await freePort() });
  const taps = Object.fromEntries(receivers.map(({ to, port }) => [to, `http://127.0.0.1:${port}`]));
  return { receivers, taps };
}
