// Finds out whether a settings file can be replaced, and says to people why not.

import { constants } from 'node:fs';
import { access, lstat, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../../base/system-error.js';

/** The file that is replaced: the one that links lead to. */
export interface WriteTarget {
  readonly path: string;
  /** Why it is not replaced here. */
  readonly problem?: string;
}

const CLUSTER =
  'is mounted from a ConfigMap or Secret of Kubernetes, which only the cluster changes: make this edit in the manifest that it is made from';

/** Whether a link on the way is one of those by which Kubernetes swaps what it mounts. */
async function isOfCluster(path: string): Promise<boolean> {
  let current = resolve(path);
  // As many links as the system itself follows.
  for (let links = 0; links < 40; links += 1) {
    if (/\/\.\.(?:data|\d{4}_)/.test(current)) return true;
    const found = await lstat(current).catch(() => undefined);
    if (found?.isSymbolicLink() !== true) return false;
    current = resolve(dirname(current), await readlink(current));
  }
  return false;
}

/** A file that is mounted by itself, as `docker run -v shop.yaml:/settings/shop.yaml` does, cannot be replaced. */
async function isMountPoint(path: string): Promise<boolean> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return table.split('\n').some((line) => line.split(' ')[4]?.replaceAll('\\040', ' ') === path);
}

/** Both a mode without the right to write and a disk that only reads: root may write the first. */
async function isReadOnly(path: string): Promise<boolean> {
  if (((await stat(path)).mode & 0o222) === 0) return true;
  return access(path, constants.W_OK).then(
    () => false,
    () => true,
  );
}

async function findProblem(path: string, target: string, isThere: boolean): Promise<string | undefined> {
  if (await isOfCluster(path)) return CLUSTER;
  if (isThere && (await isReadOnly(target))) return 'is read-only';
  if (isThere && (await isMountPoint(target))) return 'is mounted by itself and cannot be replaced from within';
  const directory = dirname(target);
  if (await isReadOnly(directory)) return `stands in a directory that is read-only (${directory})`;
  const { uid, gid } = await stat(isThere ? target : directory);
  const own = process.geteuid?.();
  if (isThere && own !== undefined && own !== 0 && (uid !== own || !isOwnGroup(gid)))
    return 'belongs to another user or group, and would be this one’s when it is replaced';
  return undefined;
}

function isOwnGroup(gid: number): boolean {
  return process.getegid?.() === gid || (process.getgroups?.() ?? []).includes(gid);
}

/** @param file need not be there yet; its directory has to be @returns never throws */
export async function findWriteTarget(file: string): Promise<WriteTarget> {
  try {
    const path = await realpath(file).catch((error) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    const link = path === undefined ? await lstat(file).catch(() => undefined) : undefined;
    if (link !== undefined) return { path: file, problem: 'is a link that leads nowhere' };
    const target = path ?? resolve(file);
    const problem = await findProblem(file, target, path !== undefined);
    return { path: target, ...(problem !== undefined && { problem }) };
  } catch (error) {
    return { path: file, problem: `cannot be written (${codeOf(error)})` };
  }
}
