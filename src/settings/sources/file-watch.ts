// Notices that files change, by the name that the system gives with each notice: what is none of them costs a look at its name.

import { existsSync, type FSWatcher, statSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { createBreather } from '../../base/breather.js';
import { codeOf } from '../../base/system-error.js';
import { addWay } from './link-way.js';

/** After a notice, time for the rest of the edit to be written. */
const SETTLE_MS = 100;

/** Most time an edit that goes on and on may put off the notice. */
const MAX_SETTLE_MS = 1000;

/** What is to be watched, by absolute paths. */
export interface WatchedPaths {
  /** Told of are the files, the links that lead to them, and new files that are wanted; not what is in subdirectories. */
  readonly directories: readonly string[];
  /** Each is watched in its directory, and itself too: it may be a link or a mount, and be written elsewhere. */
  readonly files: readonly string[];
}

/** Files and directories being watched. */
export interface FileWatch {
  /** Watches these, too, and those that could not be watched so far. What is watched only now gives a notice. */
  add(paths: WatchedPaths): Promise<void>;
  close(): void;
}

/** Who is told. */
export interface WatchListener {
  /** Whether a file matters that was not there so far. */
  isWanted(path: string): boolean;
  /** Called once per burst of changes; some of the notices are about nothing. */
  onChange(): void;
  /** Called for each path that the system cannot watch, such as for want of inotify watches; not for one that is not there. */
  onError(error: unknown): void;
}

/** Watches what it is given, and gives a first notice of it. Never keeps the process alive. */
export async function watchFiles(paths: WatchedPaths, listener: WatchListener): Promise<FileWatch> {
  const directories = new Set<string>();
  const files = new Set<string>();
  const watchers = new Map<string, FSWatcher>();
  /** The files, and every directory and link on the way to them: what is renamed there may put another file in a file's place. */
  const way = new Set<string>();
  let isWayChanged = false;
  let timer: NodeJS.Timeout | undefined;
  let firstNotice = 0;
  let isClosed = false;

  function notice(): void {
    if (isClosed) return;
    const now = performance.now();
    if (timer === undefined) firstNotice = now;
    clearTimeout(timer);
    const settle = async () => {
      timer = undefined;
      // Before they are read: what changes from here on gives a notice of its own.
      await watchAll();
      if (!isClosed) listener.onChange();
    };
    timer = setTimeout(settle, Math.min(SETTLE_MS, Math.max(firstNotice + MAX_SETTLE_MS - now, 0))).unref();
  }

  function unwatch(path: string): void {
    watchers.get(path)?.close();
    watchers.delete(path);
  }

  function noteFile(path: string): void {
    // The watch is bound to the file, not to its name, which may be another file's from now on.
    unwatch(path);
    way.delete(path);
    notice();
  }

  function noteName(directory: string, identity: string, type: string, name: string | null): void {
    if (type === 'rename' && name === basename(directory) && isItself(directory, identity, name)) {
      unwatch(directory);
      notice();
      return;
    }
    const path = name === null ? directory : join(directory, name);
    if (files.has(path)) noteFile(path);
    else if (way.has(path)) {
      if (type === 'rename') isWayChanged = true;
      notice();
    } else if (listener.isWanted(path)) notice();
  }

  /** @returns whether it is watched, and was not so far */
  function watchOne(path: string): boolean {
    if (isClosed || watchers.has(path)) return false;
    const isDirectory = directories.has(path);
    try {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found === undefined || found.isDirectory() !== isDirectory) return false;
      const identity = `${found.dev}:${found.ino}`;
      const watcher = watch(path, { persistent: false });
      watchers.set(path, watcher);
      watcher.on('change', (type, name) => {
        if (isDirectory) noteName(path, identity, type, name === null ? name : String(name));
        else noteFile(path);
      });
      watcher.on('error', (error) => {
        unwatch(path);
        // Windows tells in this way that a directory is gone.
        if (identityOf(path) === identity) listener.onError(error);
        else notice();
      });
      return true;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') listener.onError(error);
      return false;
    }
  }

  /** @returns whether one is watched that was not so far */
  async function watchAll(): Promise<boolean> {
    if (isWayChanged) {
      isWayChanged = false;
      way.clear();
      for (const path of files) unwatch(path);
    }
    const breathe = createBreather();
    let isAnyNew = false;
    for (const path of [...directories, ...files]) {
      await breathe();
      addWay(path, way);
      if (watchOne(path)) isAnyNew = true;
    }
    return isAnyNew;
  }

  async function add(more: WatchedPaths): Promise<void> {
    for (const path of more.directories) directories.add(path);
    for (const path of more.files) files.add(path);
    if (await watchAll()) notice();
  }

  await add(paths);
  return {
    add,
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const path of [...watchers.keys()]) unwatch(path);
    },
  };
}

/** Names a file or directory beyond its path; undefined when there is none, or it cannot be told. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Whether a notice with the directory's own name is about the directory, which was moved or deleted, and not about a file in it. */
function isItself(directory: string, identity: string, name: string): boolean {
  return identityOf(directory) !== identity || !existsSync(join(directory, name));
}
