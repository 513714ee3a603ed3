// Runs `statsig-cdp replay` to its end, and kills it on the way, again and again.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from '../../testkit/plugin-process.js';
import { CLI } from '../../testkit/programs.js';

/** What came of it. */
export interface KilledReplay {
  readonly kills: number;
  /** Of the last run, which came to its end. */
  readonly exitCode: number | null;
  /** Of the last run: the counts are of all runs. */
  readonly summary: {
    readonly events: number;
    readonly accepted: number;
    readonly duplicates: number;
    readonly refused: Readonly<Record<string, number>>;
  };
  /** Resident memory, from the first look of each run on, at each tenth of the archive. */
  readonly residentMiB: readonly number[];
  readonly mostResidentMiB: number;
  /** Of all runs, without their starts. */
  readonly eventsPerSecond: number;
}

const LOOK_MS = 20;

/** Events that the checkpoint has passed. */
function eventsDone(checkpoint: string): number {
  try {
    return JSON.parse(readFileSync(checkpoint, 'utf8')).tally.events;
  } catch {
    return 0;
  }
}

function tryResident(pid: number | undefined): number {
  try {
    // A process that is going has none.
    return (pid === undefined ? 0 : residentMiB(pid)) || 0;
  } catch {
    return 0;
  }
}

/**
 * @param args of the command, without the checkpoint
 * @param killAt events of the checkpoint at which it is killed, ascending
 */
export async function runKilled(
  args: readonly string[],
  checkpoint: string,
  killAt: readonly number[],
  events: number,
): Promise<KilledReplay> {
  const resident: number[] = [];
  let mostResident = 0;
  let kills = 0;
  let milliseconds = 0;
  for (;;) {
    const command: ChildProcess = spawn(
      process.execPath,
      [CLI, 'replay', ...args, '--checkpoint', checkpoint, '--json'],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stdout = '';
    let stderr = '';
    command.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    command.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = once(command, 'close');
    const before = eventsDone(checkpoint);
    let start: number | undefined;
    while (command.exitCode === null && command.signalCode === null) {
      const done = eventsDone(checkpoint);
      if (done > before) start ??= performance.now();
      const mib = tryResident(command.pid);
      mostResident = Math.max(mostResident, mib);
      resident[Math.min(9, Math.floor((done / events) * 10))] ??= Math.round(mib);
      const next = killAt[kills];
      if (next !== undefined && done >= next) {
        command.kill('SIGKILL');
        kills += 1;
        break;
      }
      await sleep(LOOK_MS);
    }
    milliseconds += performance.now() - (start ?? performance.now());
    const [exitCode] = await ended;
    if (command.signalCode === 'SIGKILL') continue;
    if (stdout === '') throw new Error(`the replay ended with ${exitCode}: ${stderr}`);
    const summary = JSON.parse(stdout);
    const eventsPerSecond = Math.round((events / milliseconds) * 1000);
    return {
      kills,
      exitCode,
      summary,
      residentMiB: resident,
      mostResidentMiB: Math.round(mostResident),
      eventsPerSecond,
    };
  }
}

/** Places at random, one in each part, so that none is before the first checkpoint or behind the last. */
export function randomPlaces(count: number, events: number, random: () => number): readonly number[] {
  const part = (events * 0.9) / count;
  return Array.from({ length: count }, (_, index) => Math.max(1, Math.floor((index + random()) * part)));
}
