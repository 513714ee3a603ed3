// Puts the settings documents of fixtures where the target reads them, and waits until they are in force.

import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../base/system-error.js';
import { callHttp } from '../../call/http-call.js';
import { fillSettings } from '../fill-settings.js';
import type { CastFixture } from '../play-fixtures.js';
import { createValues, type ReceiverUrls } from '../values.js';
import { ConformanceError, type RunningTarget } from './target.js';

/** The file with all documents of a run. */
const FILE = 'statsig-cdp-conformance.json';

/** A target looks at its settings every few seconds at least. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 100;

/** An empty batch with a known write key is taken, with an unknown one it is not: so it tells whether a document is in force. */
const PROBE_PATH = '/v1/batch';

/** What is written, and how it is found out that it is in force. */
export interface WrittenSettings {
  /** Resolves once the target has them. @throws ConformanceError when that takes too long */
  inForce(target: RunningTarget): Promise<void>;
  /** Takes them away again. */
  remove(): Promise<void>;
}

async function isInForce({ url, publicUrl = url }: RunningTarget, writeKey: string): Promise<boolean> {
  const body = JSON.stringify({ writeKey, batch: [] });
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', url: `${publicUrl}${PROBE_PATH}`, headers, body } as const;
  const answer = await callHttp(request, { timeoutMs: PATIENCE_MS });
  return answer.kind === 'answered' && answer.status === 200;
}

function write(directory: string, documents: readonly object[]): string {
  const file = join(directory, FILE);
  try {
    writeFileSync(file, JSON.stringify(documents, null, 2));
    return file;
  } catch (error) {
    throw new ConformanceError(`The settings cannot be written to ${directory} (${codeOf(error)}).`);
  }
}

function documentsOf(cast: readonly CastFixture[], urls: ReceiverUrls): readonly object[] {
  return cast.flatMap(({ fixture, values }) => fillSettings(fixture, values, urls));
}

/** Writes the documents of these fixtures for a program that is started then. Where there are none, the directory stays empty. */
export function writeFirstSettings(directory: string, cast: readonly CastFixture[], urls: ReceiverUrls): void {
  const documents = documentsOf(cast, urls);
  if (documents.length > 0) write(directory, documents);
}

/** Writes the documents of these fixtures for a program that runs. @throws ConformanceError where it cannot be written */
export function writeSettings(directory: string, cast: readonly CastFixture[], urls: ReceiverUrls): WrittenSettings {
  const probe = createValues(urls);
  const writeKey = String(probe.resolve('writeKey'));
  const asked = { id: String(probe.resolve('workspace')), trackingApi: { writeKeys: [writeKey] } };
  const file = write(directory, [...documentsOf(cast, urls), asked]);
  // A run that is given up must not leave its workspaces to the target.
  const removeNow = () => rmSync(file, { force: true });
  process.once('exit', removeNow);
  return {
    async inForce(target) {
      const end = Date.now() + PATIENCE_MS;
      while (Date.now() < end) {
        if (await isInForce(target, writeKey)) return;
        await sleep(LOOK_MS);
      }
      throw new ConformanceError(
        `The settings in ${file} did not come into force within ${PATIENCE_MS / 1000} s. Does the target read that directory (STATSIG_CDP_SETTINGS), and does it serve senders outside (PUBLIC_PORT or SINGLE_PORT=true; --public-url says where)? Its log says what it does not like.`,
      );
    },
    remove() {
      process.off('exit', removeNow);
      return rm(file, { force: true });
    },
  };
}

/** A directory of one's own, removed by the function. */
export async function scratchDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'statsig-cdp-conformance-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 20 }) };
}
