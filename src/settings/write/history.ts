// Keeps what settings files held before they were changed.

import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { EpochMs } from '../../base/time.js';
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
  /**
   * Looks what a file holds: a text that no change of it led to was written by somebody else. Never throws.
   *
   * @param read asked while no other process looks: of two that see the same edit one tells of it
   */
  note(file: string, read: () => Promise<string | undefined>): Promise<void>;
}

/** How much is kept; what is older is forgotten. */
export interface HistoryLimits {
  readonly changes: number;
  readonly bytes: number;
}

export const HISTORY_LIMITS: HistoryLimits = { changes: 100, bytes: 32 * 1024 * 1024 };

/** A change, without its texts. */
export interface Kept {
  readonly summary: KeptChangeSummary;
  readonly bytes: number;
}

/** What is kept. */
export interface KeptChanges {
  /** The oldest first. */
  list(): Promise<readonly Kept[]>;
  read(id: string): Promise<KeptChange | undefined>;
  /** @throws where it cannot be kept */
  put(change: KeptChange, kept: Kept): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Where changes are kept. */
export interface HistoryShelf {
  /** Runs a task that no other one runs beside, of whichever process. */
  alone<T>(task: (changes: KeptChanges) => Promise<T>): Promise<T>;
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

/** What is kept of a change beside its texts. */
export function keptOf(change: KeptChange): Kept {
  return { summary: summaryOf(change), bytes: change.after.length + (change.before?.length ?? 0) };
}

/** Nothing is read or written before it is asked for. */
export function createHistory(shelf: HistoryShelf, now: () => EpochMs, limits = HISTORY_LIMITS): SettingsHistory {
  /** Texts of files that were seen and are in no change yet. */
  const seen = new Map<string, string>();

  async function forgetOldest(changes: KeptChanges, all: readonly Kept[]): Promise<void> {
    let bytes = all.reduce((sum, each) => sum + each.bytes, 0);
    for (const [index, each] of all.entries()) {
      const left = all.length - index;
      if (left <= 1 || (left <= limits.changes && bytes <= limits.bytes)) return;
      await changes.remove(each.summary.id);
      bytes -= each.bytes;
    }
  }

  async function keep(
    changes: KeptChanges,
    change: Omit<KeptChange, 'id' | 'at' | 'workspaces'>,
  ): Promise<KeptChangeSummary> {
    const all = await changes.list();
    const last = all.at(-1)?.summary.at ?? 0;
    // In order, whatever the clock does.
    const at = Math.max(now(), last + 1);
    const id = `${String(at).padStart(15, '0')}-${randomUUID().slice(0, 8)}`;
    const whole: KeptChange = { ...change, id, at, workspaces: idsOfChanged(change.file, change.before, change.after) };
    const kept = keptOf(whole);
    await changes.put(whole, kept);
    seen.delete(change.file);
    await forgetOldest(changes, [...all, kept]);
    return kept.summary;
  }

  async function noteText(changes: KeptChanges, file: string, text: string): Promise<void> {
    const version = versionOf(text);
    const last = (await changes.list()).findLast(({ summary }) => summary.file === file)?.summary;
    if (last?.versionAfter === version) {
      // Another process may have seen it first.
      seen.delete(file);
      return;
    }
    const before = seen.get(file) ?? (last === undefined ? undefined : (await changes.read(last.id))?.after);
    if (before === undefined || versionOf(before) === version) seen.set(file, text);
    else await keep(changes, { by: 'outside', file, before, after: text });
  }

  return {
    list: (file) =>
      shelf.alone(async (changes) =>
        (await changes.list())
          .map(({ summary }) => summary)
          .filter((summary) => file === undefined || summary.file === file)
          .reverse(),
      ),
    read: (id) => shelf.alone((changes) => changes.read(id)),
    add: (change) => shelf.alone((changes) => keep(changes, change)),
    forget: (id) => shelf.alone((changes) => changes.remove(id)).catch(() => {}),
    note: (file, read) =>
      shelf
        .alone(async (changes) => {
          const text = await read();
          if (text !== undefined) await noteText(changes, file, text);
        })
        .catch(() => {}),
  };
}
