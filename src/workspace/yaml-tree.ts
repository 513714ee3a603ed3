// Reads YAML (and so JSON) into values that know their lines.

import {
  Composer,
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
  type YAMLError,
} from 'yaml';
import type { SettingsPath } from './settings-path.js';
import { isNestedTooDeep } from './yaml-depth.js';

/** A place in a text; both count from 1. */
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

/** Something in a text that is not YAML. */
export interface SyntaxFault extends TextPosition {
  readonly message: string;
}

/** Codes whose message repeats the text, which may hold a key; the others' own messages are more precise than these. */
const REPEATING_MESSAGES: { readonly [code in ErrorCode]?: string } = {
  UNEXPECTED_TOKEN: 'something stands here that YAML does not expect',
  DUPLICATE_KEY: 'this name is set twice',
  TAG_RESOLVE_FAILED: 'tags such as !name are not supported',
  BAD_COLLECTION_TYPE: 'tags such as !name are not supported',
  BAD_ALIAS: "this alias (*name) can't be resolved",
  BAD_DQ_ESCAPE: 'this is not a valid escape sequence for a text in double quotes',
  BAD_DIRECTIVE: 'this directive (%NAME) is not supported',
  BAD_SCALAR_START: "a text can't start with this character unless it is written in quotes",
  RESOURCE_EXHAUSTION: 'this is too complicated',
  IMPOSSIBLE: 'this is not YAML',
  NON_STRING_KEY: 'a name must be a text',
};

const START: TextPosition = { line: 1, column: 1 };

/** Either the documents of the text, of which there may be none, or what keeps it from being read. */
export function readYaml(text: string): { readonly trees: YamlTree[] } | { readonly faults: SyntaxFault[] } {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  if (tokens.some(isNestedTooDeep)) return { faults: [{ ...START, message: 'is nested too deep' }] };

  const composer = new Composer({ prettyErrors: false, stringKeys: true, resolveKnownTags: false });
  const documents = [...composer.compose(tokens)];
  const checked = documents.length > 0 ? documents : [composer.streamInfo()];
  const faults = checked.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  if (faults.length > 0) return { faults: faults.map((fault) => toFault(fault, lines)) };
  try {
    return { trees: documents.map((document) => toTree(document, lines)) };
  } catch {
    return {
      faults: [
        { ...START, message: 'has an alias (*name) without an anchor (&name) above it, or far too many aliases' },
      ],
    };
  }
}

function toFault(error: YAMLError, lines: LineCounter): SyntaxFault {
  return {
    ...toPosition(error.pos[0], lines),
    message: REPEATING_MESSAGES[error.code] ?? plainSentence(error.message),
  };
}

/** Our messages start with a small letter and have no full stop. */
function plainSentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function toPosition(offset: number, lines: LineCounter): TextPosition {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function toTree(document: Document.Parsed, lines: LineCounter): YamlTree {
  return {
    value: document.toJS(),
    positionOf: (at, part = 'value') => toPosition(offsetOf(document, at, part), lines),
  };
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
