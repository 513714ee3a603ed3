// Keeps the last good answer of a config service on disk, for a start while the service is down.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeParents, replacePrivateFile } from '../../base/private-files.js';
import { openSealedJson, sealJson } from '../../level/sealed-json.js';

/** An answer of a config service. */
export interface ServiceResponse {
  readonly body: string;
  readonly etag: string | undefined;
}

/** The copy of one service's answer. */
export interface ResponseCopy {
  /**
   * Undefined when there is none, or when it is of another URL.
   *
   * @throws Error for one that is damaged, or of a newer version
   */
  load(): Promise<ServiceResponse | undefined>;
  /**
   * Replaces the copy in one step, so that a crash leaves the old one or the new one. Only this user may read it: it may hold keys.
   *
   * @throws the system's error
   */
  save(answer: ServiceResponse): Promise<void>;
}

/** @param directory made when it is missing */
export function createResponseCopy(directory: string, url: URL): ResponseCopy {
  const file = join(directory, 'settings-copy.json');
  // A URL may carry a secret in its query, and all we need is to tell one from another.
  const service = createHash('sha256').update(url.href).digest('hex');

  return {
    async load() {
      const text = await readFile(file, 'utf8').catch(() => '{}');
      const copy = openSealedJson(text, 'copy of the settings');
      if (copy === undefined) throw new Error('it is damaged');
      if (copy.service !== service || typeof copy.body !== 'string') return undefined;
      return { body: copy.body, etag: typeof copy.etag === 'string' ? copy.etag : undefined };
    },

    async save({ body, etag }) {
      await makeParents(directory);
      await replacePrivateFile(file, sealJson({ service, etag, body }));
    },
  };
}
