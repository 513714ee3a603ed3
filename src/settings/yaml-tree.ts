// Reads YAML (and so JSON) into values that know their lines.

import { Composer, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, Parser } from 'yaml';
import type { SettingsPath } from './settings-path.js';
import { hasTooManyNames, isNestedTooDeep } from './yaml-depth.js';
import { findLooseAlias, findSyntaxFault, type OffsetFault } from './yaml-fault.js';

/** A place in a string; both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** One YAML document of a text. */
export interface YamlTree {
  /** Plain data; `null` for a document without content. */
  readonly value: unknown;
  /** Where the value at `at` begins, or the name if that is what is asked for, or the nearest value around it when there is none. */
  positionOf(at: SettingsPath, part?: 'name' | 'value'): TextPosition;
}

/** Something in a string that is not YAML. */
export interface SyntaxFault extends TextPosition {
  readonly message: string;
}

const START: TextPosition = { line: 1, column: 1 };

/** Either the documents of a string, of which there may be none, or what keeps it from being read. */
export type YamlReading = { readonly trees: YamlTree[] } | { readonly faults: SyntaxFault[] };

interface Composed {
  readonly documents: readonly Document.Parsed[];
  readonly lines: LineCounter;
}

/**
 * What was composed last: the places of many values of a string are asked for one after the other. Not kept with each text, because it takes a hundred times
 * the memory of what it stands for.
 */
let last: (Composed & { readonly text: string }) | undefined;

function composeAgain(text: string): Composed {
  if (last?.text !== text) {
    const lines = new LineCounter();
    last = { text, documents: [...newComposer().compose(new Parser(lines.addNewLine).parse(text))], lines };
  }
  return last;
}

function newComposer(): Composer<ParsedNode> {
  return new Composer({ prettyErrors: false, stringKeys: true, resolveKnownTags: false });
}

/** Of a string with several faults only the first is told: the others mostly follow from it. */
export function readYaml(text: string): YamlReading {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  if (tokens.some(isNestedTooDeep))
    return { faults: [{ ...START, message: 'is no YAML, or is nested too deep for settings' }] };
  if (tokens.some(hasTooManyNames))
    return {
      faults: [{ ...START, message: 'has a mapping with more than 1000 names, which is no settings document' }],
    };

  const composer = newComposer();
  const documents = [...composer.compose(tokens)];
  const checked = documents.length > 0 ? documents : [composer.streamInfo()];
  for (const document of checked) {
    const [error] = [...document.errors, ...document.warnings];
    if (error === undefined) continue;
    return { faults: [toFault(findSyntaxFault(error, 'contents' in document ? document : undefined, text), lines)] };
  }
  try {
    return { trees: documents.map((document, index) => toTree(text, index, document.toJS())) };
  } catch {
    const alias = documents.map((document) => findLooseAlias(document)).find((found) => found !== undefined);
    if (alias !== undefined) return { faults: [toFault(alias, lines)] };
    return { faults: [{ ...START, message: 'has far too many aliases (*name)' }] };
  }
}

function toFault({ offset, message }: OffsetFault, lines: LineCounter): SyntaxFault {
  return { ...toPosition(offset, lines), message };
}

function toPosition(offset: number, lines: LineCounter): TextPosition {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function toTree(text: string, index: number, value: unknown): YamlTree {
  return {
    value,
    positionOf(at, part = 'value') {
      const { documents, lines } = composeAgain(text);
      const document = documents[index];
      return document === undefined ? START : toPosition(offsetOf(document, at, part), lines);
    },
  };
}

/** Where the values of a document begin, and their names: for each path, as JSON, the line and the column of the name and of the value. */
export interface YamlPlaces {
  readonly paths: readonly string[];
  readonly numbers: Int32Array;
}

/** @param text one that could be read */
export function listPlaces(text: string): readonly YamlPlaces[] {
  const { documents, lines } = composeAgain(text);
  return documents.map((document) => {
    const paths: string[] = [];
    const numbers: number[] = [];
    const add = (at: SettingsPath, name: number, value: number) => {
      paths.push(JSON.stringify(at));
      for (const offset of [name, value]) {
        const { line, column } = toPosition(offset, lines);
        numbers.push(line, column);
      }
    };
    const walk = (node: ParsedNode | null, at: SettingsPath, name: number) => {
      const value = node?.range[0] ?? name;
      add(at, name, value);
      if (isMap<ParsedNode, ParsedNode | null>(node)) {
        for (const pair of node.items)
          if (isScalar(pair.key)) walk(pair.value, [...at, String(pair.key.value)], pair.key.range[0]);
      } else if (isSeq<ParsedNode>(node)) {
        for (const [index, item] of node.items.entries()) walk(item, [...at, index], item?.range[0] ?? value);
      }
    };
    const start = document.contents?.range[0] ?? document.range[0];
    walk(document.contents, [], start);
    return { paths, numbers: Int32Array.from(numbers) };
  });
}

function offsetOf(document: Document.Parsed, at: SettingsPath, part: 'name' | 'value'): number {
  let node: ParsedNode | null = document.contents;
  let offset = node?.range[0] ?? document.range[0];
  for (const [index, step] of at.entries()) {
    const target: unknown = isAlias(node) ? node.resolve(document) : node;
    const isLast = index === at.length - 1;
    if (isMap<ParsedNode, ParsedNode | null>(target)) {
      const pair = target.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) break;
      node = pair.value;
      offset = (isLast && part === 'name' ? undefined : node?.range[0]) ?? pair.key.range[0];
    } else if (isSeq<ParsedNode>(target) && typeof step === 'number') {
      node = target.items[step] ?? null;
      offset = node?.range[0] ?? offset;
    } else {
      break;
    }
  }
  return offset;
}
