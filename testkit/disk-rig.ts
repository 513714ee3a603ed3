// A process whose outbox is on a disk in trouble, its senders, and a Statsig that is dead until it is needed.

import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { serve } from './loopback.js';
import { type PluginProcess, readMetrics, startPlugin } from './plugin-process.js';
import { until } from './until.js';

/** What /readyz says. */
export interface Readiness {
  readonly status: number;
  readonly text: string;
}

/** An answer to a sender. */
export interface PushAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

/** Nothing listens there. */
const DEAD = 'http://127.0.0.1:9';
const ADMIN_TOKEN = 'disk-rig';
const PATIENCE_MS = 30_000;

/** Everything of one test; `close` ends and removes it. */
export class DiskRig {
  /** A scratch directory. */
  readonly directory = mkdtempSync(join(tmpdir(), 'statsig-cdp-disk-'));
  /** Where the outbox is; it does not exist yet. */
  readonly outbox: string;
  /** messageIds that were answered 2xx. */
  readonly accepted: string[] = [];
  /** messageIds that were answered something else: what failed in the moment of the write may be on disk all the same. */
  readonly refused: string[] = [];
  /** messageIds that the stand-in for Statsig took, in order. */
  readonly delivered: string[] = [];
  #process: PluginProcess | undefined;
  #url = '';
  #standIn: Awaited<ReturnType<typeof serve>> | undefined;
  #made = 0;

  readonly #prefix: string;

  /** @param outbox where it shall be; a place of its own in the scratch directory unless given @param prefix of its messageIds */
  constructor(outbox?: string, prefix = 'message') {
    this.#prefix = prefix;
    this.outbox = outbox ?? join(this.directory, 'data', 'outbox');
    mkdirSync(join(this.directory, 'settings'));
    mkdirSync(join(this.directory, 'data'));
    this.#writeSettings(DEAD);
  }

  get process(): PluginProcess {
    if (this.#process === undefined) throw new Error('not started');
    return this.#process;
  }

  #writeSettings(eventsUrl: string): void {
    const document = {
      id: 'shop',
      secretKey: 'secret-shop',
      eventsUrl,
      metadataMaxLength: 20_000,
      trackingApi: { writeKeys: ['shop'] },
      segment: { headerSecrets: ['header'] },
    };
    writeFileSync(join(this.directory, 'settings', 'shop.json'), JSON.stringify(document));
  }

  /** Another workspace, with a write key of its name. To be called before the start. */
  addWorkspace(id: string): void {
    const document = { id, secretKey: `secret-${id}`, eventsUrl: DEAD, trackingApi: { writeKeys: [id] } };
    writeFileSync(join(this.directory, 'settings', `${id}.json`), JSON.stringify(document));
  }

  /** Starts the process. @param via a command that runs the command after it @param nodeOptions of Node @param more of its settings */
  async start(
    via: readonly string[] = [],
    nodeOptions: readonly string[] = [],
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const env = {
      PORT: '0',
      STATSIG_CDP_SETTINGS: join(this.directory, 'settings'),
      OUTBOX_DIRECTORY: this.outbox,
      ADMIN_TOKEN,
      ...more,
    };
    this.#process = startPlugin(env, this.directory, { via, nodeOptions });
    const port = await this.#process.listening;
    if (port === undefined) throw new Error(`it does not start: ${this.#process.errors.join('\n')}`);
    this.#url = `http://127.0.0.1:${port}`;
  }

  async #call(path: string, headers: Record<string, string>, body: unknown): Promise<PushAnswer> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(this.#url + path, { method: 'POST', headers, body: JSON.stringify(body), signal });
    return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
  }

  /** What can be compressed would not fill a disk. */
  #makeEvents(count: number, bytes: number): { messageId: string }[] {
    return Array.from({ length: count }, () => {
      this.#made += 1;
      const messageId = `${this.#prefix}-${this.#made}`;
      const properties = { messageId, ballast: randomBytes(Math.ceil((bytes * 3) / 4)).toString('base64') };
      return { type: 'track', event: 'Order Completed', userId: 'user-42', messageId, properties };
    });
  }

  /** Pushes new events as an SDK. @param bytes of each, about */
  async push(count: number, bytes = 0, writeKey = 'shop'): Promise<PushAnswer> {
    const events = this.#makeEvents(count, bytes);
    const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`;
    const answer = await this.#call('/v1/batch', { authorization }, { batch: events });
    const told = answer.status === 200 ? this.accepted : this.refused;
    told.push(...events.map(({ messageId }) => messageId));
    return answer;
  }

  /** Pushes until the process says that it takes nothing more. */
  async fill(): Promise<void> {
    while ((await this.push(15, 15_000)).status === 200 || (await this.readiness()).status === 200);
  }

  /** Pushes until an event is refused. @returns what /readyz says right after that */
  async fillUntilRefused(count = 15, bytes = 15_000): Promise<Readiness> {
    while ((await this.push(count, bytes)).status === 200);
    return this.readiness();
  }

  /** Pushes a new event as Segment's webhook. */
  async pushWebhook(): Promise<PushAnswer> {
    const [event] = this.#makeEvents(1, 0);
    const headers = { authorization: 'Bearer header', 'content-type': 'application/json' };
    const answer = await this.#call('/segment/shop', headers, event);
    if (answer.status === 200 && event !== undefined) this.accepted.push(event.messageId);
    return answer;
  }

  /** Has rudder-server transform an event. */
  transform(element: object): Promise<PushAnswer> {
    return this.#call('/v0/destinations/statsig', { 'content-type': 'application/json' }, [element]);
  }

  async readiness(): Promise<Readiness> {
    const response = await fetch(`${this.#url}/readyz`);
    return { status: response.status, text: await response.text() };
  }

  /** Waits for an answer of /readyz. @throws Error that holds the last one */
  async untilReadiness(status: number): Promise<Readiness> {
    let readiness = await this.readiness();
    const isSo = async () => {
      readiness = await this.readiness();
      return readiness.status === status;
    };
    await until(isSo, () => `/readyz answers ${status}, not ${readiness.text}`);
    return readiness;
  }

  /** How many events had an outcome. */
  async countOutcome(outcome: string): Promise<number> {
    const text = await (await fetch(`${this.#url}/metrics`)).text();
    const samples = text.matchAll(new RegExp(`^statsig_cdp_events_total\\{.*outcome="${outcome}".*\\} (\\d+)$`, 'gm'));
    return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Samples of the process's metrics. */
  metrics(): Promise<ReadonlyMap<string, number>> {
    return readMetrics(this.#url);
  }

  /** Drops all dead letters, as the command does. */
  dropDeadLetters(): Promise<PushAnswer> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
    return this.#call('/api/dead-letters/drop', headers, { workspace: 'shop' });
  }

  /** Takes the settings of the target away: what waits for it stays. */
  forgetTarget(): void {
    rmSync(join(this.directory, 'settings', 'shop.json'));
    this.addWorkspace('other');
  }

  /** Drops what waits for Statsig, as the command does. */
  dropWaiting(): Promise<PushAnswer> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
    return this.#call('/api/waiting/drop', headers, { workspace: 'shop', target: 'statsig' });
  }

  /** Says that damage has been seen, as the command does; without the token first, which is refused. */
  async acknowledge(): Promise<readonly PushAnswer[]> {
    const path = '/api/outbox/acknowledge';
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
    return [await this.#call(path, { 'content-type': 'application/json' }, {}), await this.#call(path, headers, {})];
  }

  /** What /api/dead-letters answers. */
  async deadLetters(): Promise<string> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const response = await fetch(`${this.#url}/api/dead-letters`, {
      headers,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return response.text();
  }

  /** Lets Statsig take events from now on; the settings name its new address. */
  async reviveStatsig(): Promise<void> {
    this.#standIn = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      const { events }: { events: { metadata: { messageId: string } }[] } = JSON.parse(text.toString());
      this.delivered.push(...events.map(({ metadata }) => metadata.messageId));
      response.writeHead(202).end('{"success":true}');
    });
    this.#writeSettings(this.#standIn.url);
  }

  /** Waits until nothing waits in the outbox. */
  async drain(): Promise<void> {
    let text = '';
    const isDrained = async () => {
      ({ text } = await this.readiness());
      return /"bytes":0\b/.test(text);
    };
    await until(isDrained, () => `drained: ${text}`);
  }

  async close(): Promise<void> {
    await this.#process?.end('SIGKILL');
    await this.#standIn?.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
