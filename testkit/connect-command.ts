// `statsig-cdp connect segment` run as people run it, against the stand-in for Segment, and what it leaves behind.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isJsonObject, type JsonObject } from '../src/model/segment-event.js';
import { CLI } from './programs.js';
import { PUBLIC_API_TOKEN, type Segment, type SegmentOptions, startSegment } from './segment-public-api/stand-in.js';
import { temporaryDirectory } from './settings.js';

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Everything below a directory, by path. */
export function contentsOf(directory: string): Readonly<Record<string, string>> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(directory, name)).isFile());
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

/** Command lines of all processes of the machine that may be read. */
export function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    });
}

/** A settings document as a person wrote it. */
const DOCUMENT = `# Ours, by hand.
id: shop
secretKey: file:../key # from the vault
`;

/** Starts the stand-in. Its workspace has what others made, which must stay as it is. */
export async function startConnect(
  context: { readonly after: (end: () => unknown) => void },
  options: SegmentOptions = {},
  more = '',
) {
  const directory = temporaryDirectory(context);
  const settings = join(directory, 'settings');
  mkdirSync(settings);
  writeFileSync(join(settings, 'shop.yaml'), `${DOCUMENT}${more}`);
  writeFileSync(join(directory, 'key'), 'secret-example\n');
  const env = { STATSIG_CDP_SETTINGS: settings, OUTBOX_DIRECTORY: join(directory, 'data', 'outbox') };
  const tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, `${PUBLIC_API_TOKEN}\n`, { mode: 0o600 });
  const segment = await startSegment(context, options);
  const { workspace } = segment;
  const [web] = workspace.sources.values();
  // Of another deployment's: of our kind, and of another name.
  const others = workspace.addDestination({
    sourceId: web?.id,
    metadataId: '614a3c7d791c91c41bae7599',
    name: 'statsig-cdp other',
    settings: { sharedSecret: 'shared-secret-of-others' },
  });
  workspace.addSubscription(others, {
    name: 'mapping of others',
    actionId: 'nFPnRozhz1mh4Gbx4MLvT5',
    trigger: 'type = "group"',
    enabled: false,
    settings: { url: 'http://127.0.0.1:9/segment/other', method: 'POST' },
  });
  let running: ReturnType<typeof spawn> | undefined;

  async function run(args: readonly string[] = ['--no-test'], publicUrl = 'https://cdp.example'): Promise<Ended> {
    const words = ['connect', 'segment', '--workspace', 'shop', '--source', 'web', '--token-file', tokenFile];
    const at = ['--api-url', segment.url, '--tracking-url', segment.url, '--public-url', publicUrl];
    const child = spawn(process.execPath, [CLI, ...words, ...at, ...args], {
      env: { PATH: process.env.PATH, ...env },
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running = child;
    const said = Promise.all([text(child.stdout), text(child.stderr)]);
    const [code, signal] = await once(child, 'close');
    const [stdout, stderr] = await said;
    return { code, signal, stdout, stderr };
  }

  return {
    directory,
    settings,
    segment,
    /** Of the command, and of the process that it is for. */
    env,
    run,
    /** Ends the command with SIGKILL. Resolves once it is gone. */
    async kill(): Promise<void> {
      if (running === undefined) return;
      const gone = once(running, 'exit');
      running.kill('SIGKILL');
      await gone;
    },
    /** What the settings hold, secrets included. */
    disk: () => contentsOf(settings),
    secret: (what: string) => readFileSync(join(settings, 'secrets', `shop-segment-${what}`), 'utf8').trim(),
  };
}

export type Connect = Awaited<ReturnType<typeof startConnect>>;

/** Exactly one of each, as the secrets on disk say, and what others made is as it was. */
export function assertConnected({ segment, secret, disk }: Connect, before: ReturnType<Segment['workspace']['state']>) {
  const { sources, destinations, subscriptions, ...rest } = segment.workspace.state();
  const newOf = (now: readonly JsonObject[], then: readonly JsonObject[]) => {
    assert.deepEqual(now.slice(0, then.length), then, 'of others');
    assert.equal(now.length, then.length + 1, 'one was made');
    return now[then.length] ?? {};
  };
  const source = newOf(sources, before.sources);
  const destination = newOf(destinations, before.destinations);
  const subscription = newOf(subscriptions, before.subscriptions);
  assert.deepEqual(rest, { functions: before.functions, labels: before.labels });
  assert.deepEqual([source.slug, source.enabled, source.writeKeys], ['statsig-cdp-shop', true, [secret('write-key')]]);
  const { name, enabled, settings, sourceId } = destination;
  assert.deepEqual([name, enabled, sourceId], ['statsig-cdp shop', true, before.sources[0]?.id]);
  assert.deepEqual(settings, { sharedSecret: secret('shared') });
  assert.equal(subscription.destinationId, destination.id);
  assert.ok(isJsonObject(subscription.settings) && isJsonObject(subscription.settings.headers));
  assert.deepEqual(subscription.settings.headers, { Authorization: `Bearer ${secret('header')}` });
  assert.deepEqual(Object.keys(disk()), [
    'secrets/shop-segment-header',
    'secrets/shop-segment-shared',
    'secrets/shop-segment-write-key',
    'shop.yaml',
  ]);
}
