// `statsig-cdp transform`, run as people run it.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI } from './programs.js';

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

/** Runs the command on a body that is written into a file of this directory. */
export function transformBody(directory: string, body: unknown, ...args: readonly string[]): Transformed {
  const file = join(directory, 'body.json');
  writeFileSync(file, JSON.stringify(body));
  const { stdout, stderr, status } = spawnSync(process.execPath, [CLI, 'transform', file, ...args], {
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { lines: lines.map((line) => JSON.parse(line)), stderr, status };
}
