// Says in one sentence, and at the right place, why a string is no YAML.

import { type Document, type ErrorCode, isCollection, isScalar, visit, type YAMLError } from 'yaml';

/** A fault and where it is. */
export interface OffsetFault {
  readonly offset: number;
  /** Holds nothing of the string, in which there may be a key. */
  readonly message: string;
}

const STAR = 'begins with *, which is an alias in YAML: write a name with a * in quotes, as in "*Order"';
const TAG = 'begins with !, which is a tag in YAML: write a string that begins so in quotes';
const NO_YAML = 'is no YAML from here on: it takes lines of the form name: value';
const DEEPER =
  'is indented deeper than the line above it, which has a value already: names of one mapping stand one below the other';
const COLON =
  'holds a second colon with a blank behind it: write env:NAME and file:PATH without a blank, and any other string with a colon in quotes';

/** The library's own messages repeat the string, or say what its parser was doing. */
const MESSAGES: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: STAR,
  BAD_ALIAS: STAR,
  BAD_COLLECTION_TYPE: TAG,
  BAD_DIRECTIVE: 'begins with %, which is a directive in YAML: write a string that begins so in quotes',
  BAD_DQ_ESCAPE: 'is no escape sequence: in double quotes write a backslash twice, or use single quotes',
  BAD_INDENT: 'stands in another column than the lines that it belongs to',
  BAD_PROP_ORDER: NO_YAML,
  BAD_SCALAR_START: 'is no character that a string may begin with: write the string in quotes',
  BLOCK_AS_IMPLICIT_KEY: COLON,
  BLOCK_IN_FLOW: 'cannot stand within { } or [ ]: a comma or a bracket before it is missing',
  DUPLICATE_KEY: 'name is set twice',
  IMPOSSIBLE: NO_YAML,
  KEY_OVER_1024_CHARS: NO_YAML,
  MISSING_CHAR: NO_YAML,
  MULTILINE_IMPLICIT_KEY: NO_YAML,
  MULTIPLE_ANCHORS: NO_YAML,
  MULTIPLE_DOCS: NO_YAML,
  MULTIPLE_TAGS: TAG,
  NON_STRING_KEY: 'is no name but a list or a mapping: a {{ template }} that was not filled in looks so',
  RESOURCE_EXHAUSTION: 'is too complicated for settings',
  TAB_AS_INDENT: 'is indented with a tab: use blanks',
  TAG_RESOLVE_FAILED: TAG,
  UNEXPECTED_TOKEN: NO_YAML,
};

const OPENED = 'has no end: the quote or the bracket that closes it is missing';
/** Within { and [ a line of its own means nothing. */
const NO_JSON = 'cannot stand here: a comma, a quote or a bracket before it is missing';
const BEHIND_BRACKET =
  'stands behind a bracket that ends a list or a mapping: write a string that begins with { or [ in quotes';

function describe(
  { code, pos: [offset], message }: YAMLError,
  document: Document | undefined,
  text: string,
): OffsetFault {
  const rest = text.slice(offset, text.indexOf('\n', offset) >>> 0);
  if (message.includes('Missing closing') || message.includes('end with')) {
    const opened = document && findOpened(document, offset);
    return { offset: opened ?? offset, message: OPENED };
  }
  if (message.startsWith('Missing ,')) return { offset, message: NO_JSON };
  if (message.includes('followed by map values')) return { offset, message: 'has no colon with a value behind it' };
  if (code === 'BLOCK_AS_IMPLICIT_KEY' && /^\s*-(?: |$)/.test(rest)) return { offset, message: MESSAGES.BAD_INDENT };
  if (code === 'BLOCK_AS_IMPLICIT_KEY' && !/:(?:\s|$)/.test(rest)) {
    const next = offset + rest.length + 1;
    return { offset: next + (/^[ \t]*/.exec(text.slice(next))?.[0].length ?? 0), message: DEEPER };
  }
  if (code === 'UNEXPECTED_TOKEN' && /[}\]]$/.test(text.slice(0, offset))) return { offset, message: BEHIND_BRACKET };
  if (code === 'UNEXPECTED_TOKEN' && /^\s*[{[]/.test(text)) return { offset, message: NO_JSON };
  return { offset, message: MESSAGES[code] };
}

/**
 * Words the first fault of a document.
 *
 * @param document undefined where the string holds none
 */
export function findSyntaxFault(error: YAMLError, document: Document | undefined, text: string): OffsetFault {
  const { offset, message } = describe(error, document, text);
  return { offset, message: `this ${message}` };
}

/** Where the string or bracket begins whose end is missed at an offset. */
function findOpened(document: Document, offset: number): number | undefined {
  let found: number | undefined;
  visit(document, {
    Node(_key, node) {
      if (!node.range) return;
      const [start, , end] = node.range;
      const isQuoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
      if ((isQuoted || (isCollection(node) && node.flow === true)) && start < offset && offset <= end) found = start;
    },
  });
  return found;
}

/** An alias without an anchor before it, of a document without faults: `- *Order`. */
export function findLooseAlias(document: Document): OffsetFault | undefined {
  const anchors = new Set<string>();
  let found: OffsetFault | undefined;
  visit(document, {
    Node(_key, node) {
      if (node.anchor !== undefined) anchors.add(node.anchor);
    },
    Alias(_key, { source, range }) {
      if (anchors.has(source)) return undefined;
      found = { offset: range?.[0] ?? 0, message: `this ${STAR}` };
      return visit.BREAK;
    },
  });
  return found;
}
