// How far a replay has come.

/** How the values of a file stand: one on each line, or as they like, in one list as a rule. */
export type Format = 'lines' | 'values';

/** A place between two values of a file. */
export interface Position {
  /** As it was found. */
  readonly file: string;
  /** Stands for how the file begins: another one may lie in its place later, under its name. */
  readonly beginning: string;
  readonly format: Format;
  /** Bytes of its contents, decompressed, that are done. */
  readonly offset: number;
  /** Of the value that comes next, from 1. */
  readonly line: number;
  /** Whether all of the file is done. */
  readonly isDone: boolean;
}
