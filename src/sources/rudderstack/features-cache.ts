// Keeps the upstream's last good features document in a file, so that a restart does not depend on the upstream.

import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Mutex } from '../../base/mutex.js';
import { Ongoing } from '../../base/ongoing.js';
import { makeParents, replacePrivateFile } from '../../base/private-files.js';
import { codeOf } from '../../base/system-error.js';
import { openSealedJson, sealJson } from '../../level/sealed-json.js';
import type { JsonObject } from '../../model/segment-event.js';
import { readFeatures } from './features-document.js';

/** The part of a pino logger that is used here. */
export interface FeaturesLog {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
}

export interface FeaturesCache {
  /** The document of the file; undefined when there is no file, or none that can be used. */
  readonly load: () => Promise<JsonObject | undefined>;
  /** Writes the document in the background, unless it is the one written last. */
  readonly save: (document: JsonObject) => void;
  /** Waits for the write under way. */
  readonly close: () => Promise<void>;
}

/**
 * Creates the cache. Nothing here throws or rejects: a file that cannot be read or written is logged, a failing write
 * once until one succeeds. The file is replaced as a whole; no one ever reads half a document.
 */
export function createFeaturesCache(file: string, log: FeaturesLog): FeaturesCache {
  let latest: string | undefined;
  const writes = new Mutex();
  const trouble = new Ongoing();

  async function write(text: string): Promise<void> {
    try {
      await makeParents(dirname(file));
      await replacePrivateFile(file, text);
      trouble.ends();
    } catch (error) {
      latest = undefined;
      if (trouble.begins()) log.warn({ err: error, file }, "The cache of the upstream's features cannot be written.");
    }
  }

  return {
    load: async () => {
      try {
        const document = openSealedJson(await readFile(file, 'utf8'), 'cache of the features');
        if (document === undefined) throw new Error('damaged');
        return readFeatures(document);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT')
          log.warn({ err: error, file }, "The cache of the upstream's features cannot be read: ignored.");
        return undefined;
      }
    },
    save: (document) => {
      const text = JSON.stringify(document);
      if (text === latest) return;
      latest = text;
      void writes.run(() => write(sealJson(document)));
    },
    close: () => writes.run(async () => {}),
  };
}
