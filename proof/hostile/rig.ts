// A real process to be attacked: stand-ins for what it calls, a canary that must not be called, and a watch on memory and patience.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { serve } from '../../testkit/loopback.js';
import { residentMiB } from '../../testkit/plugin-process.js';
import { type Control, createControl } from '../fuzz/control.js';
import { orClose, startRigServer, unexpectedLines } from '../fuzz/rig.js';
import { serveSegment, serveStatsig, serveUpstream } from '../fuzz/stand-ins.js';
import { createWireClient, type WireClient } from '../fuzz/wire.js';
import { writeDocuments } from '../fuzz/workspaces.js';

/** What a stand-in was asked, as `POST /v1/log_event`, with the body. */
export interface Asked {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
}

/** A process under attack. */
export interface HostileRig {
  /** The port that is attacked: that for senders outside, where the process has one. */
  readonly port: number;
  readonly authority: string;
  readonly client: WireClient;
  /** Of the listener for rudder-server and operators. */
  readonly privateUrl: string;
  readonly pid: number;
  readonly statsigUrl: string;
  readonly upstreamUrl: string;
  /** An address that is in no settings. */
  readonly canaryUrl: string;
  /** Who called it. */
  readonly canaryCalls: readonly string[];
  /** Answers a call of Statsig or Segment with this from now on; `undefined`: as they do. */
  answerWith(answer: Answer | undefined): void;
  /** Requests that Statsig, Segment and the transformer got. */
  readonly asked: readonly Asked[];
  /** Their bodies, without their Content-Encoding. */
  readonly bodies: readonly string[];
  /** The token that the process made for this machine, or nothing. */
  adminToken(): string;
  readonly control: Control;
  /** True while the process lives. */
  isUp(): boolean;
  /** Log lines at the level of an error, as they came. */
  readonly errors: readonly string[];
  /** Log lines at the level of a warning, as they came. */
  readonly warnings: readonly string[];
  /** Log lines that tell of faults. */
  lines(): readonly string[];
  close(): Promise<void>;
}

/** An answer of a target that means harm. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** MiB of memory now. */
export function memoryOf({ pid }: Pick<HostileRig, 'pid'>): number {
  return residentMiB(pid);
}

/** How the process is started. */
export interface HostileOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** With a transformer behind it. */
  readonly hasUpstream?: boolean;
}

function readText({ headers }: IncomingMessage, bytes: Buffer): string {
  return (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}

function readToken(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Starts the process and all that it calls. */
export async function startHostileRig({
  environment = {},
  hasUpstream = false,
}: HostileOptions = {}): Promise<HostileRig> {
  const directory = mkdtempSync(join(tmpdir(), 'hostile-'));
  const settings = join(directory, 'settings');
  const canaryCalls: string[] = [];
  const asked: Asked[] = [];
  const bodies: string[] = [];
  let harm: Answer | undefined;
  const canary = await serve((request, response) => {
    canaryCalls.push(`${request.method} ${request.url}`);
    response.end('{"success":true}');
  });
  const places = await Promise.all([serveStatsig(), serveSegment(), serveUpstream()]);
  for (const { server } of places) {
    const [listener] = server.listeners('request');
    server.removeAllListeners('request').on('request', (request, response) => {
      asked.push({ line: `${request.method} ${request.url}`, headers: request.headers });
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.once('end', () => bodies.push(readText(request, Buffer.concat(chunks))));
      if (harm !== undefined) harm(request, response);
      else listener?.call(server, request, response);
    });
  }
  const [statsig, segment, upstream] = places;
  writeDocuments(settings, { statsig: statsig.url, segment: segment.url });
  async function closePlaces(): Promise<void> {
    await Promise.all([canary, ...places].map((place) => place.close()));
    rmSync(directory, { recursive: true, force: true });
  }
  const variables = { ...(hasUpstream && { UPSTREAM_TRANSFORMER_URL: upstream.url }), ...environment };
  const server = await orClose(closePlaces, () => startRigServer(join(directory, 'process'), settings, variables));
  const { plugin, publicPort: port } = server;
  const authority = `127.0.0.1:${port}`;
  let isUp = true;
  void plugin.ended.then(() => {
    isUp = false;
  });
  const client = createWireClient(port);
  const privateClient = createWireClient(server.port);
  async function close(): Promise<void> {
    client.close();
    privateClient.close();
    await plugin.end('SIGKILL');
    await closePlaces();
  }
  return {
    port,
    authority,
    client,
    privateUrl: `http://${server.authority}`,
    pid: plugin.child.pid ?? 0,
    statsigUrl: statsig.url,
    upstreamUrl: upstream.url,
    canaryUrl: canary.url,
    canaryCalls,
    answerWith(answer) {
      harm = answer;
    },
    asked,
    bodies,
    adminToken: () => readToken(join(directory, 'process', 'data', 'admin-token')),
    control: await orClose(close, () => createControl(privateClient, server.authority, client)),
    isUp: () => isUp,
    errors: plugin.errors,
    warnings: plugin.warnings,
    lines: () => unexpectedLines(server),
    close,
  };
}
