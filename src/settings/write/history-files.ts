// Keeps earlier versions of settings in a directory. Keys that stand in a file stand in its earlier versions, too: the directory is this user's alone.

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../../base/json.js';
import { Mutex } from '../../base/mutex.js';
import { makePrivateDirectory, replacePrivateFile } from '../../base/private-files.js';
import { isJsonObject } from '../../model/segment-event.js';
import { type HistoryShelf, type Kept, type KeptChange, type KeptChanges, keptOf } from './history.js';

function isKeptChange(value: unknown): value is KeptChange {
  if (!isJsonObject(value)) return false;
  const { id, at, by, file, workspaces, before, after } = value;
  const texts = [id, by, file, after].every((each) => typeof each === 'string');
  return (
    texts && typeof at === 'number' && Array.isArray(workspaces) && ['string', 'undefined'].includes(typeof before)
  );
}

/**
 * Nothing is read or written before it is asked for.
 *
 * @param directory made when the first change is kept; one process uses it
 */
export function historyInFiles(directory: string): HistoryShelf {
  const mutex = new Mutex();
  /** By id, the oldest first. */
  let kept: Map<string, Kept> | undefined;
  const pathOf = (id: string) => join(directory, `${id}.json`);

  async function readChange(id: string): Promise<KeptChange | undefined> {
    const text = await readFile(pathOf(id), 'utf8').catch(() => '');
    const value = parseJson(text);
    return isKeptChange(value) ? value : undefined;
  }

  async function load(): Promise<Map<string, Kept>> {
    if (kept !== undefined) return kept;
    const names = await readdir(directory).catch((): string[] => []);
    const found = new Map<string, Kept>();
    for (const name of names.sort()) {
      const change = /^\d{15}-[\da-f]{8}\.json$/.test(name) ? await readChange(name.slice(0, -5)) : undefined;
      if (change !== undefined) found.set(change.id, keptOf(change));
    }
    kept = found;
    return found;
  }

  const changes: KeptChanges = {
    list: async () => [...(await load()).values()],
    read: async (id) => ((await load()).has(id) ? readChange(id) : undefined),
    async put(change, of) {
      await makePrivateDirectory(directory);
      await replacePrivateFile(pathOf(change.id), JSON.stringify(change));
      (await load()).set(change.id, of);
    },
    async remove(id) {
      const found = await load();
      await rm(pathOf(id), { force: true });
      found.delete(id);
    },
  };
  return { alone: (task) => mutex.run(() => task(changes)) };
}
