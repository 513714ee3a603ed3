// Notices that files change.

import { resolve } from 'node:path';

/** After a notice, time for the rest of the edit to be written. */
const SETTLE_MS = 100;

/** Most time an edit that goes on and on may put off the notice. */
const MAX_SETTLE_MS = 1000;

/** Files and directories being watched. */
export interface FileWatch {
  /** Watches these absolute paths, too. */
  add(paths: readonly string[]): void;
  close(): Promise<void>;
}

/**
 * Watches files and directories (not what is in their subdirectories) and resolves when it does.
 *
 * @param paths absolute
 * @param onChange called once per burst of changes; some of the notices are about nothing
 * @param onError called when the system can't watch, such as for want of inotify watches
 */
export async function watchFiles(
  paths: readonly string[],
  onChange: () => void,
  onError: (error: unknown) => void,
): Promise<FileWatch> {
  // Loaded here because a start without settings files has no use for it.
  const { watch } = await import('chokidar');
  const watched = new Set(paths);
  const watcher = watch([...paths], {
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => !watched.has(resolve(path)),
  });

  let timer: NodeJS.Timeout | undefined;
  let firstNotice = 0;
  const notice = () => {
    const now = performance.now();
    if (timer === undefined) firstNotice = now;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        timer = undefined;
        onChange();
      },
      Math.min(SETTLE_MS, Math.max(firstNotice + MAX_SETTLE_MS - now, 0)),
    );
  };
  watcher.on('all', notice);
  // Kubernetes swaps the hidden link ..data; only the raw notices tell of names that are not watched themselves.
  watcher.on('raw', notice);
  watcher.on('error', onError);
  await new Promise<void>((ready) => watcher.once('ready', ready));

  return {
    add(more) {
      const added = more.filter((path) => !watched.has(path));
      for (const path of added) watched.add(path);
      if (added.length > 0) watcher.add(added);
    },
    async close() {
      clearTimeout(timer);
      watcher.removeAllListeners('all').removeAllListeners('raw');
      await watcher.close();
    },
  };
}
