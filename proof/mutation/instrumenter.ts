// Finds the mutants of source files, and puts all of them into the files at once, each behind a switch: Stryker's instrumenter.

import { readFileSync } from 'node:fs';
import { isJsonObject } from '../../src/model/segment-event.js';

/** One change of the program that a test should notice. */
export interface Mutant {
  readonly id: string;
  /** Relative to the project. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The kind of change: `ConditionalExpression`. */
  readonly kind: string;
  /** What stands there in the original. */
  readonly original: string;
  /** What stands there instead. */
  readonly replacement: string;
}

/** Files with their mutants in them. */
export interface Instrumented {
  /** TypeScript that does what the original does, until a mutant is switched on. By path, relative to the project. */
  readonly texts: ReadonlyMap<string, string>;
  readonly mutants: readonly Mutant[];
}

const LIBRARY = '@stryker-mutator/instrumenter';

interface Position {
  readonly line: number;
  readonly column: number;
}

/** As much of the library as is used. Its own types need those of Babel, which this project has no other use for. */
interface Library {
  readonly Instrumenter: new (
    log: object,
  ) => {
    instrument(
      files: readonly { readonly name: string; readonly content: string; readonly mutate: true }[],
      options: object,
    ): Promise<{
      readonly files: readonly { readonly name: string; readonly content: string }[];
      readonly mutants: readonly {
        readonly id: string;
        readonly fileName: string;
        readonly mutatorName: string;
        readonly replacement: string;
        /** Lines and columns from 0. */
        readonly location: { readonly start: Position; readonly end: Position };
      }[];
    }>;
  };
}

function isLibrary(value: unknown): value is Library {
  return isJsonObject(value) && typeof value.Instrumenter === 'function';
}

async function loadLibrary(): Promise<Library> {
  // Not by its name, so that the project builds where it is not installed.
  const loaded: unknown = await import(LIBRARY).catch(() => undefined);
  const library = isJsonObject(loaded) ? { ...loaded } : loaded;
  if (!isLibrary(library)) throw new Error(`npm install --no-save --ignore-scripts ${LIBRARY}@9.6.1`);
  return library;
}

const silent = () => {};
const SILENT_LOG = {
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  isDebugEnabled: () => false,
};

function textBetween(text: string, start: Position, end: Position): string {
  const lines = text.split('\n').slice(start.line, end.line + 1);
  const last = lines.length - 1;
  return lines.map((line, i) => line.slice(i === 0 ? start.column : 0, i === last ? end.column : undefined)).join('\n');
}

/**
 * @param directory of the project
 * @param files paths in it
 * @throws Error that says how to install the library
 */
export async function instrument(directory: string, files: readonly string[]): Promise<Instrumented> {
  const { Instrumenter } = await loadLibrary();
  const originals = new Map(files.map((file) => [file, readFileSync(`${directory}/${file}`, 'utf8')]));
  const { files: written, mutants } = await new Instrumenter(SILENT_LOG).instrument(
    [...originals].map(([name, content]) => ({ name, content, mutate: true })),
    { plugins: null, excludedMutations: [], ignorers: [] },
  );
  return {
    texts: new Map(written.map(({ name, content }) => [name, content])),
    mutants: mutants.map(({ id, fileName, mutatorName, replacement, location: { start, end } }) => ({
      id,
      file: fileName,
      line: start.line + 1,
      column: start.column + 1,
      kind: mutatorName,
      original: textBetween(originals.get(fileName) ?? '', start, end),
      replacement,
    })),
  };
}
