// What a process and its children take of the machine (Linux only).

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { processorSeconds, residentMiB } from '../../testkit/plugin-process.js';

/** The state of a socket that listens, in /proc/net/tcp. */
const LISTENING = '0A';

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** Processes come and go while we look. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function treeOf(root: number): readonly number[] {
  const parents = new Map(allPids().map((pid) => [pid, orNothing(() => parentOf(pid))]));
  const tree = [root];
  // The list grows while it is walked.
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

function sum(pid: number, read: (pid: number) => number): number {
  return treeOf(pid).reduce((total, each) => total + (orNothing(() => read(each)) ?? 0), 0);
}

/** Processor time taken so far, in seconds. */
export function treeProcessorSeconds(pid: number): number {
  return sum(pid, processorSeconds);
}

/** Resident memory now, in MiB. */
export function treeResidentMiB(pid: number): number {
  return sum(pid, residentMiB);
}

function listeningInodes(port: number): ReadonlySet<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (orNothing(() => readFileSync(table, 'utf8')) ?? '').split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state === LISTENING && local.endsWith(`:${hexPort}`)) inodes.add(inode);
    }
  }
  return inodes;
}

/** The process that listens on a port of this machine; of a family the one that started the others. */
export function findListener(port: number): number | undefined {
  const inodes = listeningInodes(port);
  const holds = (pid: number) =>
    readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(orNothing(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '')?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  return allPids()
    .filter((pid) => orNothing(() => holds(pid)) === true)
    .sort((a, b) => a - b)[0];
}
