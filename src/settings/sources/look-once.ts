// Reads the settings once, as a start would.

import type { Secret } from '../../base/secret.js';
import { codeOf } from '../../base/system-error.js';
import { parseInSlices } from '../document.js';
import { type MergedDocuments, mergeDocuments } from '../document-set.js';
import { createKnownEntries } from '../known-entries.js';
import type { ReadSecret } from '../secret-reference.js';
import { createFileReader } from './file-reader.js';
import { checkToken, parseServiceUrl } from './http.js';
import { askService } from './http-request.js';
import { describeLocation, isServiceUrl } from './location.js';

/** Where settings are looked for. */
export interface LookOptions {
  /** A file, a directory, or an http(s) URL of a config service. */
  readonly location: string;
  /** Bearer token for the config service. */
  readonly token: Secret | undefined;
  /** Looks `env:` and `file:` up. */
  readonly readSecret: ReadSecret;
}

/** Milliseconds the config service has for an answer. */
const TIMEOUT_MS = 5_000;

function failed(source: string, message: string): MergedDocuments {
  return { documents: [], faults: [{ source, path: '', message }], warnings: [], secretFiles: [] };
}

async function askOnce({ location, token, readSecret }: LookOptions): Promise<MergedDocuments> {
  const source = describeLocation(location);
  const url = parseServiceUrl(location, source);
  checkToken(token, source);
  const signal = new AbortController().signal;
  const reply = await askService({ url, token, etag: undefined, timeoutMs: TIMEOUT_MS, signal });
  if (reply === 'unchanged') return failed(source, 'says that nothing has changed, and was asked for the first time');
  if ('problem' in reply) return failed(source, reply.problem);
  const options = { defaultId: false, readSecret } as const;
  return mergeDocuments([await parseInSlices(reply.body, source, options, createKnownEntries())]);
}

/** @returns undefined where there is no file or directory */
async function readOnce({ location, readSecret }: LookOptions): Promise<MergedDocuments | undefined> {
  try {
    return (await createFileReader(location, readSecret)())?.parsed;
  } catch (error) {
    return failed(location, `cannot be read (${codeOf(error)})`);
  }
}

/**
 * What is in force after a start with these settings, or what keeps it from that.
 *
 * @throws SettingsError when the URL or the token cannot be used at all
 */
export function lookOnce(options: LookOptions): Promise<MergedDocuments | undefined> {
  return isServiceUrl(options.location) ? askOnce(options) : readOnce(options);
}
