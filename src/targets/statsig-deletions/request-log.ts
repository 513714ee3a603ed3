// Remembers which deletions Statsig was asked for, in a file of JSON lines. No id of a person is in it.

import { appendFile, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../../base/logger.js';
import { Mutex } from '../../base/mutex.js';
import { Ongoing } from '../../base/ongoing.js';
import { closeToOthers, makeParents, PRIVATE_FILE, replacePrivateFile } from '../../base/private-files.js';
import { codeOf } from '../../base/system-error.js';
import type { EpochMs } from '../../base/time.js';
import { NewerFormatError } from '../../level/seal.js';
import { openSealedJson, sealJson } from '../../level/sealed-json.js';

/** A request that Statsig has taken. */
export interface SentRequest {
  readonly requestId: string;
  /** Empty: no settings document has its key. */
  readonly workspaceId: string;
  /** How many it names. */
  readonly ids: number;
  readonly at: EpochMs;
}

/** Those that were asked for last. */
export interface NewestRequests {
  /** How many are remembered. */
  readonly total: number;
  /** The newest first. */
  readonly requests: readonly SentRequest[];
}

/** The requests. */
export interface RequestLog {
  /** Synced to disk when it resolves, where the disk takes it. A request that is known is not kept twice. */
  add(request: SentRequest): Promise<void>;
  newest(most: number): Promise<NewestRequests>;
  /** Waits for the write under way. */
  close(): Promise<void>;
}

/** Where it is and how much it keeps. */
export interface RequestLogSettings {
  /** Made, with its directory, at the first request. */
  readonly file: string;
  /** Requests kept; beyond it the oldest go. Default 10 000. */
  readonly max?: number;
  readonly log: Logger;
}

/** Requests kept. */
export const DEFAULT_MAX = 10_000;

/** @throws NewerFormatError */
function readLine(line: string): SentRequest | undefined {
  const read = openSealedJson(line, 'log of deletions');
  if (read === undefined) return undefined;
  const { requestId, workspaceId, ids, at } = read;
  if (typeof requestId !== 'string' || typeof workspaceId !== 'string') return undefined;
  return typeof ids === 'number' && typeof at === 'number' ? { requestId, workspaceId, ids, at } : undefined;
}

function toLine({ requestId, workspaceId, ids, at }: SentRequest): string {
  return `${sealJson({ requestId, workspaceId, ids, at })}\n`;
}

/** Nothing is read before it is needed. Nothing here rejects: what the disk does not take is kept in memory, and said once. */
export function createRequestLog({ file, max = DEFAULT_MAX, log }: RequestLogSettings): RequestLog {
  const requests = new Map<string, SentRequest>();
  /** Lines of the file; Infinity: to be written anew, because no one knows where its last line ends. */
  let lines = 0;
  /** Bytes of the file: with others it is not the one that was written. */
  let bytes = 0;
  const trouble = new Ongoing();
  /** The file is left to the newer version that wrote it. */
  let isNewer = false;
  let loading: Promise<void> | undefined;
  const writes = new Mutex();

  function keep(request: SentRequest): void {
    requests.set(request.requestId, request);
    for (const oldest of requests.keys()) {
      if (requests.size <= max) break;
      requests.delete(oldest);
    }
  }

  function complain(error: unknown, message: string): void {
    if (trouble.begins()) log.warn({ err: error, file }, message);
  }

  async function load(): Promise<void> {
    try {
      await closeToOthers(file);
      const text = await readFile(file, 'utf8');
      const read = text.split('\n').slice(0, -1).map(readLine);
      for (const request of read) if (request !== undefined) keep(request);
      const damaged = read.filter((request) => request === undefined).length;
      if (damaged > 0)
        log.error({ file, lines: damaged }, 'The log of deletions is damaged: what these lines held is forgotten.');
      lines = text.endsWith('\n') ? read.length : Number.POSITIVE_INFINITY;
      bytes = Buffer.byteLength(text);
    } catch (error) {
      isNewer = error instanceof NewerFormatError;
      if (codeOf(error) !== 'ENOENT') complain(error, 'The log of deletions cannot be read.');
    }
  }

  async function rewrite(): Promise<void> {
    const text = [...requests.values()].map(toLine).join('');
    await replacePrivateFile(file, text);
    // The caller counts the newest.
    lines = requests.size - 1;
    bytes = Buffer.byteLength(text);
  }

  async function append(line: string): Promise<void> {
    await appendFile(file, line, { flush: true, mode: PRIVATE_FILE });
    bytes += Buffer.byteLength(line);
  }

  /** The file was deleted, moved or changed by somebody: what it held is in memory, too. */
  async function isOther(): Promise<boolean> {
    const found = await stat(file).catch(() => undefined);
    return (found?.size ?? 0) !== bytes;
  }

  async function write(request: SentRequest): Promise<void> {
    keep(request);
    if (isNewer) return;
    try {
      await makeParents(dirname(file));
      if (lines >= 2 * max || (await isOther())) await rewrite();
      else await append(toLine(request));
      lines += 1;
      trouble.ends();
    } catch (error) {
      lines = Number.POSITIVE_INFINITY;
      complain(error, 'The log of deletions cannot be written: a restart forgets which were asked for.');
    }
  }

  async function loaded(): Promise<void> {
    loading ??= load();
    await loading;
  }

  return {
    add(request) {
      return writes.run(async () => {
        await loaded();
        if (!requests.has(request.requestId)) await write(request);
      });
    },
    async newest(most) {
      await loaded();
      return { total: requests.size, requests: [...requests.values()].slice(-most).reverse() };
    },
    close: () => writes.run(async () => {}),
  };
}
