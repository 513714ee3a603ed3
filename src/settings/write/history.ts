// Keeps what settings files held before they were changed. Keys that stand in a file stand in its earlier versions, too: the directory is this user's alone.

import { randomUUID } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '../../base/json.js';
import { Mutex } from '../../base/mutex.js';
import { makePrivateDirectory, replacePrivateFile } from '../../base/private-files.js';
import type { EpochMs } from '../../base/time.js';
import { isJsonObject } from '../../model/segment-event.js';
import { versionOf, workspacesIn } from './settings-files.js';

/** Who made a change. `outside`: an editor, or whatever else writes the file. */
export type ChangedBy = 'console' | 'undo' | 'outside';

/** A change of one file. */
export interface KeptChange {
  readonly id: string;
  /** Of an `outside` one: when it was seen. */
  readonly at: EpochMs;
  readonly by: ChangedBy;
  readonly file: string;
  /** Workspaces whose settings it changed; comments are none. */
  readonly workspaces: readonly string[];
  /** `undefined`: there was no file. */
  readonly before: string | undefined;
  readonly after: string;
}

/** All but the texts. */
export interface KeptChangeSummary extends Omit<KeptChange, 'before' | 'after'> {
  readonly versionBefore: string;
  readonly versionAfter: string;
}

/** Earlier versions of settings files. */
export interface SettingsHistory {
  /** Newest first. */
  list(file?: string): Promise<readonly KeptChangeSummary[]>;
  read(id: string): Promise<KeptChange | undefined>;
  /** @throws the system's error where it cannot be kept */
  add(change: Omit<KeptChange, 'id' | 'at' | 'workspaces'>): Promise<KeptChangeSummary>;
  /** Takes a change back out that did not come about. Never throws. */
  forget(id: string): Promise<void>;
  /** Told what a file holds: a text that no change of it led to was written by somebody else. Never throws. */
  note(file: string, text: string): Promise<void>;
}

/** How much is kept; what is older is forgotten. */
export interface HistoryLimits {
  readonly changes: number;
  readonly bytes: number;
}

export const HISTORY_LIMITS: HistoryLimits = { changes: 100, bytes: 32 * 1024 * 1024 };

interface Kept {
  readonly summary: KeptChangeSummary;
  readonly bytes: number;
}

function idsOfChanged(file: string, before: string | undefined, after: string): readonly string[] {
  const valuesOf = (text: string) => new Map(workspacesIn(text, file).map(({ id, value }) => [id, value]));
  const old = valuesOf(before ?? '');
  const now = valuesOf(after);
  return [...new Set([...old.keys(), ...now.keys()])].filter((id) => !isDeepStrictEqual(old.get(id), now.get(id)));
}

function summaryOf({ before, after, ...rest }: KeptChange): KeptChangeSummary {
  return { ...rest, versionBefore: versionOf(before), versionAfter: versionOf(after) };
}

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
 * @param directory made when the first change is kept
 */
export function createHistory(directory: string, now: () => EpochMs, limits = HISTORY_LIMITS): SettingsHistory {
  const mutex = new Mutex();
  /** By id, oldest first. */
  let kept: Map<string, Kept> | undefined;
  /** Texts of files that were seen and are in no change yet. */
  const seen = new Map<string, string>();
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
      if (change === undefined) continue;
      found.set(change.id, { summary: summaryOf(change), bytes: change.after.length + (change.before?.length ?? 0) });
    }
    kept = found;
    return found;
  }

  async function forgetOldest(found: Map<string, Kept>): Promise<void> {
    let bytes = [...found.values()].reduce((sum, each) => sum + each.bytes, 0);
    for (const [id, each] of [...found]) {
      if (found.size <= 1 || (found.size <= limits.changes && bytes <= limits.bytes)) return;
      await rm(pathOf(id), { force: true });
      found.delete(id);
      bytes -= each.bytes;
    }
  }

  async function keep(change: Omit<KeptChange, 'id' | 'at' | 'workspaces'>): Promise<KeptChangeSummary> {
    const found = await load();
    const last = [...found.values()].at(-1)?.summary.at ?? 0;
    // In order, whatever the clock does.
    const at = Math.max(now(), last + 1);
    const id = `${String(at).padStart(15, '0')}-${randomUUID().slice(0, 8)}`;
    const whole: KeptChange = { ...change, id, at, workspaces: idsOfChanged(change.file, change.before, change.after) };
    await makePrivateDirectory(directory);
    await replacePrivateFile(pathOf(id), JSON.stringify(whole));
    const summary = summaryOf(whole);
    found.set(id, { summary, bytes: whole.after.length + (whole.before?.length ?? 0) });
    seen.delete(change.file);
    await forgetOldest(found);
    return summary;
  }

  async function noteText(file: string, text: string): Promise<void> {
    const version = versionOf(text);
    const last = [...(await load()).values()].reverse().find(({ summary }) => summary.file === file)?.summary;
    const before = seen.get(file) ?? (last === undefined ? undefined : (await readChange(last.id))?.after);
    if (before === undefined || versionOf(before) === version) {
      if (last?.versionAfter !== version) seen.set(file, text);
      return;
    }
    await keep({ by: 'outside', file, before, after: text });
  }

  return {
    list: (file) =>
      mutex.run(async () =>
        [...(await load()).values()]
          .map(({ summary }) => summary)
          .filter((summary) => file === undefined || summary.file === file)
          .reverse(),
      ),
    read: (id) => mutex.run(async () => ((await load()).has(id) ? readChange(id) : undefined)),
    add: (change) => mutex.run(() => keep(change)),
    forget: (id) =>
      mutex
        .run(async () => {
          (await load()).delete(id);
          await rm(pathOf(id), { force: true });
        })
        .catch(() => {}),
    note: (file, text) => mutex.run(() => noteText(file, text)).catch(() => {}),
  };
}
