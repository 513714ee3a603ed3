// The SDKs that the test drives: how each sender program is started, and where its SDK is looked for.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The sender programs, which stand in the sources. */
const SENDERS = new URL('../../e2e/sdks/', import.meta.url).pathname;

/** Compiling a sender and loading an SDK takes seconds. */
const PROBE_MS = 120_000;

/** An SDK, and what runs it. */
export interface SdkClient {
  /** `Segment Python`. */
  readonly name: string;
  /** For ids and write keys: `segment-python`. */
  readonly id: string;
  readonly command: string;
  /** Before the address and the write key, or `version`. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Made for phones, which have none. */
  readonly hasNoPages?: true;
  /** To be run before, in a directory. */
  readonly build?: { readonly command: string; readonly args: readonly string[]; readonly cwd: string };
}

/** An SDK that is there. */
export interface FoundSdk extends SdkClient {
  readonly version: string;
}

/** An SDK that is not. */
export interface MissingSdk {
  readonly name: string;
  readonly why: string;
}

function goClient(vendor: 'Segment' | 'RudderStack', directory: string, scratch: string): SdkClient {
  const folder = vendor.toLowerCase();
  const binary = join(scratch, `go-${folder}`);
  const source = join(SENDERS, 'go', folder, 'main.go');
  return {
    name: `${vendor} Go`,
    id: `${folder}-go`,
    command: binary,
    args: [],
    build: { command: 'go', args: ['build', '-o', binary, source], cwd: join(directory, 'go') },
  };
}

function scriptClient(
  vendor: 'Segment' | 'RudderStack',
  language: 'Python' | 'Node',
  directory: string,
  modules = 'node',
): SdkClient {
  const sdk = vendor.toLowerCase();
  const common = { name: `${vendor} ${language}`, id: `${sdk}-${language.toLowerCase()}` };
  if (language === 'Python')
    return {
      ...common,
      command: join(directory, 'python/bin/python'),
      args: [join(SENDERS, 'python/sender.py'), sdk],
    };
  return {
    ...common,
    command: process.execPath,
    args: [join(SENDERS, 'node/sender.cjs'), sdk],
    env: { SDK_MODULES: join(directory, modules) },
  };
}

/**
 * The nine SDKs.
 *
 * @param directory where they are installed, as docs/evidence/e2e-sdks.md says
 * @param scratch for what is compiled
 */
function sdkClients(directory: string, scratch: string): readonly SdkClient[] {
  return [
    scriptClient('Segment', 'Python', directory),
    goClient('Segment', directory, scratch),
    {
      name: 'Segment Java',
      id: 'segment-java',
      command: 'java',
      args: ['-cp', join(directory, 'java/lib/*'), join(SENDERS, 'java/Sender.java')],
    },
    {
      name: 'Segment Ruby',
      id: 'segment-ruby',
      command: 'ruby',
      args: [join(SENDERS, 'ruby/sender.rb')],
      env: { GEM_PATH: join(directory, 'ruby') },
    },
    {
      name: 'Segment PHP',
      id: 'segment-php',
      command: 'php',
      args: [join(SENDERS, 'php/sender.php'), join(directory, 'php/vendor/autoload.php')],
    },
    scriptClient('Segment', 'Node', directory),
    scriptClient('RudderStack', 'Python', directory),
    goClient('RudderStack', directory, scratch),
    scriptClient('RudderStack', 'Node', directory),
  ];
}

/** Those whose requests are recorded, and that are not driven otherwise: Segment's Node SDK before version 3, and the one in Kotlin, on the JVM. */
export function moreClients(directory: string): readonly SdkClient[] {
  return [
    { ...scriptClient('Segment', 'Node', directory, 'node2'), name: 'Segment Node v2', id: 'segment-node-v2' },
    {
      name: 'Segment Kotlin',
      id: 'segment-kotlin',
      command: 'java',
      args: ['-cp', join(directory, 'kotlin/lib/*'), join(SENDERS, 'kotlin/Sender.java')],
      hasNoPages: true,
    },
  ];
}

/** The code that Segment publishes of its webhook destinations. */
export function actionDestinations(directory: string): SdkClient {
  return {
    name: 'Segment Webhooks',
    id: 'segment-webhook',
    command: process.execPath,
    args: [join(SENDERS, 'action-destinations/sender.cjs')],
    env: { SDK_MODULES: join(directory, 'action-destinations') },
  };
}

/** The environment of a sender: nothing of the caller's shell but what finds programs and their caches. */
export function environmentOf({ env }: SdkClient): Readonly<Record<string, string | undefined>> {
  const { PATH, HOME, JAVA_HOME, GOCACHE, GOFLAGS, GOPATH } = process.env;
  return { PATH, HOME, JAVA_HOME, GOCACHE, GOFLAGS, GOPATH, LANG: 'C.UTF-8', ...env };
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 2)
    .join(': ')
    .slice(0, 200);
}

/** Builds the sender and asks the SDK for its version. */
export async function probe(client: SdkClient): Promise<FoundSdk | MissingSdk> {
  const run = promisify(execFile);
  const env = environmentOf(client);
  try {
    if (client.build !== undefined) {
      const { command, args, cwd } = client.build;
      if (!existsSync(cwd)) return { name: client.name, why: `${cwd} is not there` };
      await run(command, args, { cwd, env, timeout: PROBE_MS });
    }
    const { stdout } = await run(client.command, [...client.args, 'version'], { env, timeout: PROBE_MS });
    return { ...client, version: stdout.trim() };
  } catch (error) {
    return { name: client.name, why: reasonOf(error) };
  }
}

/** Looks for all of them. @param more makes others that are looked for, too */
export async function findSdks(
  directory: string,
  scratch: string,
  more: (directory: string) => readonly SdkClient[] = () => [],
): Promise<{ readonly found: readonly FoundSdk[]; readonly missing: readonly MissingSdk[] }> {
  const results = await Promise.all([...sdkClients(directory, scratch), ...more(directory)].map(probe));
  return {
    found: results.flatMap((result) => ('version' in result ? [result] : [])),
    missing: results.flatMap((result) => ('version' in result ? [] : [result])),
  };
}
