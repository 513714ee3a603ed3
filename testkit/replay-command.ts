// `statsig-cdp replay`, run within the process that asks.

import { Command } from 'commander';
import { toPrintable } from '../src/base/printable.js';
import { addReplayCommand } from '../src/cli/replay.js';

/** The summary as `--json` prints it. */
export interface ReplaySummary {
  readonly events: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly filtered: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly first?: string;
  readonly last?: string;
  readonly files: { readonly read: number; readonly skipped: number; readonly broken: number };
  readonly stopped?: string;
  readonly sample?: readonly { readonly url: string; readonly body: unknown }[];
}

/** What the command said, and its exit code. */
export interface ReplayEnded {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | undefined;
}

/** Runs the command. @param signal stops it, as Ctrl+C does */
export async function runReplay(
  args: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<ReplayEnded> {
  const written = { stdout: '', stderr: '' };
  let status: number | undefined;
  const command = new Command('replay').exitOverride().configureOutput({
    writeErr: (text) => {
      written.stderr += text;
    },
  });
  addReplayCommand(command, {
    terminal: {
      async sayLine(text) {
        written.stdout += `${toPrintable(text)}\n`;
      },
      async complainLine(text) {
        written.stderr += `${toPrintable(text)}\n`;
      },
      endWith(exitCode) {
        status = exitCode;
      },
    },
    line: {
      isTerminal: false,
      write(text) {
        written.stderr += text;
      },
    },
    signal,
  });
  await command.parseAsync(args, { from: 'user' });
  return { ...written, status };
}

/** The same with `--json`: the summary, parsed. */
export async function replayForSummary(
  args: readonly string[],
  signal?: AbortSignal,
): Promise<ReplayEnded & { readonly summary: ReplaySummary }> {
  const ended = await runReplay([...args, '--json'], signal);
  if (ended.stdout === '') throw new Error(`no summary: ${ended.stderr}`);
  return { ...ended, summary: JSON.parse(ended.stdout) };
}

/** An event of a time not long ago. @param parts instead of its own */
export function trackEvent(name: string, parts: object = {}): Record<string, unknown> {
  const timestamp = new Date(Date.now() - 3_600_000).toISOString();
  return { type: 'track', event: name, userId: 'user-1', messageId: `m-${name}`, timestamp, ...parts };
}

/** A line for each. */
export function toLines(...events: readonly unknown[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
