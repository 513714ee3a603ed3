// Settings documents in a file or a directory, reloaded when they change.

import { rerunAfter } from '../../base/shared-run.js';
import { codeOf } from '../../base/system-error.js';
import { DEFAULT_DOCUMENT } from '../default-document.js';
import type { ReadSecret } from '../secret-reference.js';
import { SettingsError } from '../settings-error.js';
import { createFileReader, type FileReading } from './file-reader.js';
import { type FileWatch, watchFiles } from './file-watch.js';
import type { SettingsLog, SettingsSink, SettingsSource } from './source.js';

/** How files are read. */
export interface FileSourceOptions {
  /** A file, or a directory of files. */
  readonly location: string;
  /** True when a missing location is an error, false when it means no documents. */
  readonly explicit: boolean;
  /** Milliseconds between looks beyond the notices of the system, which not every file system gives. */
  readonly pollMs: number;
  /** Looks `env:` and `file:` up. Default: this process's environment and files. */
  readonly readSecret?: ReadSecret;
  readonly log: SettingsLog;
}

const MISSING = 'there is no such file or directory';
const NOTHING = { documents: [DEFAULT_DOCUMENT], faults: [], warnings: [] };

/**
 * Loads the documents and watches for edits of them and of the files that `file:` secrets name. Whatever changes, the whole set is read
 * anew; a set with a fault, or a location that has disappeared, is rejected.
 *
 * @throws SettingsError when the first set has faults, or an explicit location is missing
 */
export async function openFileSource(options: FileSourceOptions, sink: SettingsSink): Promise<SettingsSource> {
  const { location, explicit, pollMs, log } = options;
  const read = createFileReader(location, options.readSecret);
  let wasThere = explicit;
  let watch: { readonly files: FileWatch; readonly identity: string } | undefined;
  let watchFailed = false;
  let closed = false;

  /** Reads once and puts what it finds in force; the error says why it cannot be. */
  async function look(): Promise<{ readonly reading?: FileReading | undefined; readonly error?: SettingsError }> {
    try {
      const reading = await read();
      if (reading === undefined && wasThere) return { error: SettingsError.ofSource(location, MISSING) };
      wasThere = reading !== undefined;
      const { documents, faults, warnings = [] } = reading === undefined ? NOTHING : (reading.parsed ?? {});
      if (faults !== undefined && faults.length > 0) return { reading, error: new SettingsError(faults) };
      if (documents !== undefined) sink.accept(documents, { isCut: reading?.isCut === true, warnings });
      return { reading };
    } catch (error) {
      return { error: SettingsError.ofSource(location, `cannot be read (${codeOf(error)})`) };
    }
  }

  /** Told once: the regular looks go on without the system's notices. */
  function warnUnwatched(error: unknown): void {
    if (watchFailed) return;
    watchFailed = true;
    log.warn({ source: location, code: codeOf(error) }, `Edits of the settings are noticed only every ${pollMs} ms`);
  }

  /** Watches what was read. A directory put in the place of a watched one has to be watched anew. */
  async function keepWatching(reading: FileReading | undefined): Promise<void> {
    if (watch !== undefined && watch.identity === reading?.identity) return watch.files.add(reading.watched);
    watch?.files.close();
    watch = undefined;
    if (reading === undefined || closed) return;
    const { watched, isWanted, identity } = reading;
    watch = { files: await watchFiles(watched, { isWanted, onChange: reload, onError: warnUnwatched }), identity };
  }

  const reload = rerunAfter(async () => {
    if (closed) return;
    const { reading, error } = await look();
    if (error !== undefined) sink.reject(error);
    await keepWatching(reading);
  });

  const first = await look();
  if (first.error !== undefined) throw first.error;
  await keepWatching(first.reading);
  const looks = setInterval(reload, pollMs).unref();

  return {
    look: reload,
    async close() {
      closed = true;
      clearInterval(looks);
      await reload();
      watch?.files.close();
    },
  };
}
