// Settings documents from a config service, polled.

import type { Secret } from '../../base/secret.js';
import { shareRun } from '../../base/shared-run.js';
import { codeOf } from '../../base/system-error.js';
import { parseInSlices } from '../document.js';
import { type MergedDocuments, mergeDocuments } from '../document-set.js';
import { createKnownEntries } from '../known-entries.js';
import { type ReadSecret, readLocalSecret, withoutFiles } from '../secret-reference.js';
import { describeFault, SettingsError } from '../settings-error.js';
import { createResponseCopy, type ServiceResponse } from './http-copy.js';
import { askService } from './http-request.js';
import { describeLocation } from './location.js';
import type { SettingsLog, SettingsSink, SettingsSource } from './source.js';

/** How a config service is polled. */
export interface HttpSourceOptions {
  /** URL whose GET answers with settings documents: `{"workspaces": [...]}`, or a bare array. */
  readonly location: string;
  readonly token?: Secret;
  /** Milliseconds between polls. */
  readonly pollMs: number;
  /** Directory for the last good copy. */
  readonly dataDir?: string;
  /** False where another process writes it. Default: true. */
  readonly keepsCopy?: boolean;
  /** Milliseconds the service has for an answer. Default 5000. */
  readonly timeoutMs?: number;
  /** Looks `env:` up. Default: this process's environment. */
  readonly readSecret?: ReadSecret;
  readonly log: SettingsLog;
}

/** Milliseconds between looks while something is away that was there: it may come back. */
const LOOK_AGAIN_MS = 1_000;

/** Milliseconds before the second try of a service that has not answered yet; each further try waits twice as long, up to the poll interval. */
const FIRST_RETRY_MS = 500;

/**
 * Asks the service once, falls back to the copy on disk, and keeps polling. With neither, nothing is accepted until the service answers.
 * An answer that is broken or does not come leaves the last good one in force.
 *
 * @throws SettingsError when the URL or the token cannot be used at all
 */
export async function openHttpSource(options: HttpSourceOptions, sink: SettingsSink): Promise<SettingsSource> {
  const { pollMs, log, token, timeoutMs = 5000 } = options;
  const readSecret = withoutFiles(options.readSecret ?? readLocalSecret);
  const source = describeLocation(options.location);
  const url = parseServiceUrl(options.location, source);
  checkToken(token, source);
  const copy = options.dataDir === undefined ? undefined : createResponseCopy(options.dataDir, url);
  const stopped = new AbortController();
  const known = createKnownEntries();
  let last: (Pick<MergedDocuments, 'documents' | 'warnings'> & { readonly answer: ServiceResponse }) | undefined;
  let kept: string | undefined;
  let broken: { readonly body: string; readonly error: SettingsError } | undefined;

  /** Puts an answer in force unless it has faults. An answer that is known is not parsed again. */
  async function take(answer: ServiceResponse): Promise<SettingsError | undefined> {
    if (answer.body === broken?.body) return broken.error;
    let found: Pick<MergedDocuments, 'documents' | 'warnings'> | undefined =
      answer.body === last?.answer.body ? last : undefined;
    if (found === undefined) {
      const options = { defaultId: false, readSecret } as const;
      const parsed = await mergeDocuments([await parseInSlices(answer.body, source, options, known)]);
      if (parsed.faults.length > 0) {
        broken = { body: answer.body, error: new SettingsError(parsed.faults) };
        return broken.error;
      }
      found = parsed;
    }
    const { documents, warnings } = found;
    last = { answer, documents, warnings };
    broken = undefined;
    sink.accept(documents, { warnings });
    return undefined;
  }

  /** Asks once. The error says why the newest settings are not in force. */
  async function ask(): Promise<SettingsError | undefined> {
    const reply = await askService({ url, token, etag: last?.answer.etag, timeoutMs, signal: stopped.signal });
    if (stopped.signal.aborted) return undefined;
    if (reply !== 'unchanged' && 'problem' in reply) return SettingsError.ofSource(source, reply.problem);
    const answer = reply === 'unchanged' ? last?.answer : reply;
    if (answer === undefined) return undefined;
    const error = await take(answer);
    // What has lost something is not kept before it is in force.
    if (error !== undefined || answer.body === kept || sink.missing.length > 0) return error;
    kept = answer.body;
    await keep(answer);
    return undefined;
  }

  async function keep(answer: ServiceResponse): Promise<void> {
    try {
      if (options.keepsCopy !== false) await copy?.save(answer);
    } catch (error) {
      log.warn({ source, code: codeOf(error) }, 'Cannot keep a copy of the settings on disk');
    }
  }

  async function useCopy(): Promise<void> {
    let answer: ServiceResponse | undefined;
    try {
      answer = await copy?.load();
    } catch (error) {
      log.warn({ source, said: String(error) }, 'The copy of the settings on disk cannot be used');
    }
    if (answer === undefined) return;
    const error = await take(answer);
    if (error === undefined) log.warn({ source }, 'Using the copy of the settings that was kept on disk');
    else
      log.warn(
        { source, faults: error.faults.map(describeFault) },
        'The copy of the settings on disk is not valid any more',
      );
  }

  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let asking: Promise<void> = Promise.resolve();
  function schedule(): void {
    if (stopped.signal.aborted) return;
    const usual = sink.missing.length === 0 ? pollMs : Math.min(pollMs, LOOK_AGAIN_MS);
    const pause = last === undefined ? Math.min(pollMs, FIRST_RETRY_MS * 2 ** failures) : usual;
    timer = setTimeout(() => {
      asking = poll();
    }, withJitter(pause)).unref();
  }
  async function poll(): Promise<void> {
    const error = await ask();
    if (error !== undefined) sink.reject(error);
    failures = error === undefined ? 0 : failures + 1;
    schedule();
  }

  const error = await ask();
  if (error !== undefined) {
    await useCopy();
    sink.reject(error);
  }
  schedule();

  return {
    look: shareRun(async () => {
      await asking;
      clearTimeout(timer);
      if (!stopped.signal.aborted) asking = poll();
      await asking;
    }),
    async close() {
      stopped.abort();
      clearTimeout(timer);
      await asking;
    },
  };
}

/** Keeps replicas that started together from asking together. */
function withJitter(milliseconds: number): number {
  return milliseconds * (0.9 + Math.random() * 0.2);
}

/** Fetch refuses credentials in a URL with an error that repeats them. @throws SettingsError */
export function parseServiceUrl(location: string, source: string): URL {
  if (!URL.canParse(location)) throw SettingsError.ofSource(source, 'is not a valid URL');
  const url = new URL(location);
  if (url.username !== '' || url.password !== '') {
    throw SettingsError.ofSource(source, 'must not hold a user name or a password: set STATSIG_CDP_SETTINGS_TOKEN');
  }
  return url;
}

/** Fetch refuses such a token with an error that repeats it. @throws SettingsError */
export function checkToken(token: Secret | undefined, source: string): void {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token.reveal())) return;
  const problem =
    'STATSIG_CDP_SETTINGS_TOKEN is empty or holds white space or other characters that a token cannot have';
  throw SettingsError.ofSource(source, problem);
}
