// Finds the regular expressions in TypeScript sources, and the places that make one at run time.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = new URL('../../../src/', import.meta.url).pathname;

/** A regular expression in the sources. */
export interface FoundPattern {
  /** From `src/` on, with its line. */
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

/** What the scan of one file gives. */
export interface ScannedFile {
  readonly patterns: readonly FoundPattern[];
  /** The code with blanks for comments, texts and expressions. */
  readonly bare: string;
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const TEXT = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const LITERAL = /\/((?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/y;
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))+/y;

/** Behind these a slash divides; behind all else an expression begins. */
const OPERAND = /(?:[\w$)\]}]|\+\+|--)\s*$/;
const KEYWORD = /\b(?:return|case|typeof|in|of|await|yield|void|delete)\s*$/;

function matchAt(expression: RegExp, code: string, index: number): RegExpExecArray | null {
  expression.lastIndex = index;
  return expression.exec(code);
}

/** Scans one file's code. */
export function scanCode(file: string, code: string): ScannedFile {
  const patterns: FoundPattern[] = [];
  /** Braces open inside of each template's `${`. */
  const templates: number[] = [];
  let bare = '';
  let inTemplate = false;
  for (let index = 0; index < code.length; ) {
    const rest = inTemplate
      ? matchAt(TEMPLATE_TEXT, code, index)
      : (matchAt(COMMENT, code, index) ?? matchAt(TEXT, code, index));
    if (rest !== null) {
      bare += rest[0].replace(/[^\n]/g, ' ');
      index += rest[0].length;
      continue;
    }
    const character = code[index] ?? '';
    if (inTemplate && code.startsWith('${', index)) {
      templates.push(0);
      inTemplate = false;
      bare += '( ';
      index += 2;
      continue;
    }
    if (character === '`') {
      inTemplate = !inTemplate;
      bare += inTemplate ? ' ' : ')';
      index += 1;
      continue;
    }
    const open = templates.length - 1;
    if (open >= 0 && character === '}' && templates[open] === 0) {
      templates.pop();
      inTemplate = true;
      bare += ')';
      index += 1;
      continue;
    }
    if (open >= 0 && character === '{') templates[open] = (templates[open] ?? 0) + 1;
    if (open >= 0 && character === '}') templates[open] = (templates[open] ?? 0) - 1;
    const literal =
      character === '/' && (!OPERAND.test(bare) || KEYWORD.test(bare)) ? matchAt(LITERAL, code, index) : null;
    if (literal !== null) {
      const [whole, source = '', flags = ''] = literal;
      patterns.push({ place: `${file}:${bare.split('\n').length}`, source, flags });
      bare += `${' '.repeat(whole.length - 1)})`;
      index += whole.length;
      continue;
    }
    bare += character;
    index += 1;
  }
  return { patterns, bare };
}

function scanAll(): readonly (readonly [file: string, scanned: ScannedFile])[] {
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files
    .sort()
    .map((name) => [name, scanCode(name, readFileSync(join(ROOT, name), 'utf8').replace(/^#!.*/, ''))]);
}

/** Every expression of the sources. */
export function findPatterns(): readonly FoundPattern[] {
  return scanAll().flatMap(([, { patterns }]) => patterns);
}

/** What only commands load, which an operator gives files and traffic of their own: no text of a stranger's gets there by itself. */
const COMMANDS_ALONE = /^(?:contract|record|replay)\//;

/** Places of the process that make an expression of a string, as `file:line`: what is in the text cannot be seen in the sources. */
export function findConstructions(): readonly string[] {
  return scanAll().flatMap(([file, { bare }]) =>
    COMMANDS_ALONE.test(file)
      ? []
      : [...bare.matchAll(/\bRegExp\s*\(|\.(?:match|matchAll|search)\s*\((?!\s*\))/g)].map(
          ({ index }) => `${file}:${bare.slice(0, index).split('\n').length}`,
        ),
  );
}
