// Runs a sender program: gives it events, and collects what its SDK reports of each.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { environmentOf, type FoundSdk } from './sdks-clients.js';

/** Retrying may take a minute, and the sender waits for its end. */
const PATIENCE_MS = 150_000;

/** A sender that runs. */
export interface Sender {
  readonly sdk: FoundSdk;
  readonly given: ReadonlySet<string>;
  readonly sent: ReadonlySet<string>;
  /** The reasons. */
  readonly failed: ReadonlyMap<string, string>;
  /** Has the SDK send an event of about so many bytes. */
  track(id: string, bytes: number): void;
  /** Calls a method of the SDK with one of Segment's messages. It is not reported: the answers tell. */
  call(method: string, message: object): void;
  /** Asks an SDK that reports of all since the last time only. */
  flush(): void;
  /** Gives it nothing more and waits for its end. */
  end(): Promise<void>;
  kill(): void;
}

/** @param url of the plugin, without a slash behind it */
export function startSender(sdk: FoundSdk, url: string, writeKey: string): Sender {
  const child = spawn(sdk.command, [...sdk.args, url, writeKey], {
    env: environmentOf(sdk),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const given = new Set<string>();
  const sent = new Set<string>();
  const failed = new Map<string, string>();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, 2_000);
  });
  // One that ends early is seen by what it does not report.
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [word, id = '', ...reason] = line.split(' ');
    if (word === 'sent') sent.add(id);
    else if (word === 'failed') failed.set(id, reason.join(' '));
  });
  const closed = once(child, 'close');
  return {
    sdk,
    given,
    sent,
    failed,
    track(id, bytes) {
      given.add(id);
      child.stdin.write(`event ${id} ${bytes}\n`);
    },
    call(method, message) {
      child.stdin.write(`call ${method} ${JSON.stringify(message)}\n`);
    },
    flush() {
      child.stdin.write('flush\n');
    },
    async end() {
      child.stdin.end();
      const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await closed;
      clearTimeout(late);
      for (const id of given)
        if (!sent.has(id) && !failed.has(id))
          failed.set(id, `not reported: ${said.replace(/\s+/g, ' ').slice(0, 200)}`);
    },
    kill: () => child.kill('SIGKILL'),
  };
}
