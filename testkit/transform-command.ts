// `statsig-cdp transform`, run within the process that asks: as people run it, it takes fifty times the processor time.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { toPrintable } from '../src/base/printable.js';
import { addTransformCommand } from '../src/cli/transform.js';

/** A body as far as tests look into it. */
export interface ShownBody extends Readonly<Record<string, unknown>> {
  readonly events: readonly { readonly eventName: string; readonly user: Readonly<Record<string, unknown>> }[];
}

/** A line of standard output. */
export interface TransformLine {
  readonly event: number;
  readonly workspace?: string;
  readonly result: 'converted' | 'filtered' | 'invalid';
  readonly reason?: string;
  readonly code?: string;
  readonly requests?: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: ShownBody;
  }[];
}

/** What the command said. */
export interface Transformed {
  readonly lines: readonly TransformLine[];
  readonly stderr: string;
  readonly status: number | null;
}

/** What the command wrote, and its exit code. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** Runs the command. */
export async function runTransform(...args: readonly string[]): Promise<Ended> {
  const written = { stdout: '', stderr: '', status: 0 };
  const command = new Command('transform').exitOverride();
  addTransformCommand(command, {
    async sayLine(text) {
      written.stdout += `${toPrintable(text)}\n`;
    },
    async complainLine(text) {
      written.stderr += `${toPrintable(text)}\n`;
    },
    endWith(exitCode) {
      written.status = exitCode;
    },
  });
  await command.parseAsync(args, { from: 'user' });
  return written;
}

/** Runs the command on a body that is written into a file of this directory. */
export async function transformBody(
  directory: string,
  body: unknown,
  ...args: readonly string[]
): Promise<Transformed> {
  const file = join(directory, 'body.json');
  writeFileSync(file, JSON.stringify(body));
  const { stdout, stderr, status } = await runTransform(file, ...args);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { lines: lines.map((line) => JSON.parse(line)), stderr, status };
}
