// Makes one change in the text of a YAML document, and leaves every character beside it as it is.

import type { SettingsPath } from '../settings-path.js';
import { type Manner, renderBelow, renderInline, renderJsonLines, renderPair } from './render-value.js';
import {
  childOf,
  endOfContent,
  endOfItem,
  endOfName,
  isBlock,
  isEmpty,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  pairOf,
  type ReadMap,
  type ReadSeq,
  startOfItem,
} from './source-text.js';

/** Characters that are replaced. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export function applySplice(text: string, { from, to, text: put }: Splice): string {
  return text.slice(0, from) + put + text.slice(to);
}

/** A place that a change of a document needs to know. */
interface Ground {
  readonly text: string;
  readonly manner: Manner;
  readonly contents: ParsedNode | null;
}

function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The first character of the line below; of a text that ends without a line end, its length. */
function endOfLine(text: string, offset: number): number {
  if (text[offset - 1] === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}

function indentOfLine(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(startOfLine(text, offset), offset))?.[0] ?? '';
}

/** A mark of the byte order takes no column. */
function columnOf(text: string, offset: number): number {
  return text.slice(startOfLine(text, offset), offset).replace('\uFEFF', '').length;
}

function isFirstOfLine(text: string, offset: number): boolean {
  return /^\uFEFF?[ \t]*$/.test(text.slice(startOfLine(text, offset), offset));
}

/** New lines behind the line in which something ends. */
function below({ text, manner: { eol } }: Ground, end: number, lines: string): Splice {
  const at = endOfLine(text, end);
  const isClosed = at === 0 || text[at - 1] === '\n';
  return { from: at, to: at, text: isClosed ? lines + eol : eol + lines };
}

/** As the items beside it are written. */
function renderBeside(ground: Ground, node: ReadMap | ReadSeq, value: unknown, isLined: boolean): string {
  const { text, manner } = ground;
  const first = startOfItem(node, 0);
  const sibling = text.slice(first, endOfItem(node, 0));
  if (manner.isJson && isLined && (/\n/.test(sibling) || !/^[{[]/.test(sibling)))
    return renderJsonLines(value, indentOfLine(text, first), manner);
  return renderInline(value, manner, manner.isJson && /^\{"/.test(sibling));
}

function insertInBrackets(ground: Ground, node: ReadMap | ReadSeq, index: number, value: unknown, name?: string) {
  const { text, manner } = ground;
  const first = startOfItem(node, 0);
  const isLined = text.slice(node.range[0], first).includes('\n');
  const isTight = manner.isJson && manner.unit === '' && !isLined;
  const gap = isLined ? `,${manner.eol}${indentOfLine(text, first)}` : isTight ? ',' : ', ';
  const rendered = renderBeside(ground, node, value, isLined);
  const put = name === undefined ? rendered : `${renderInline(name, manner)}:${isTight ? '' : ' '}${rendered}`;
  if (index < node.items.length) {
    const at = startOfItem(node, index);
    return { from: at, to: at, text: put + gap };
  }
  const at = endOfItem(node, node.items.length - 1);
  return { from: at, to: at, text: gap + put };
}

function removeFromBrackets({ text }: Ground, node: ReadMap | ReadSeq, index: number): Splice {
  const start = startOfItem(node, index);
  const end = endOfItem(node, index);
  if (index < node.items.length - 1) {
    const next = startOfItem(node, index + 1);
    if (!text.slice(end, next).includes('#')) return { from: start, to: next, text: '' };
    return { from: start, to: text.indexOf(',', end) + 1, text: '' };
  }
  const before = endOfItem(node, index - 1);
  return { from: text.slice(before, start).includes('#') ? start : before, to: end, text: '' };
}

function removeLines({ text }: Ground, node: ReadMap | ReadSeq, index: number): Splice {
  const start = startOfItem(node, index);
  // The first item of an item: `- from: a`.
  if (!isFirstOfLine(text, start)) return { from: start, to: startOfItem(node, index + 1), text: '' };
  return { from: startOfLine(text, start), to: endOfLine(text, endOfItem(node, index)), text: '' };
}

/** The same place with other contents. */
function replaceNode(ground: Ground, parent: ParsedNode | null, step: string | number, value: unknown): Splice {
  const { text, manner } = ground;
  const node = childOf(parent, step);
  const isInline = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
  if (isMap(parent) && typeof step === 'string') {
    const pair = pairOf(parent as ReadMap, step);
    if (pair === undefined) throw new Error('a name that is there was looked for');
    const end = endOfName(pair);
    const column = columnOf(text, pair.key.range[0]);
    if (isEmpty(node))
      return {
        from: end,
        to: end,
        text: isBlock(parent) ? renderBelow(value, column, manner) : ` ${renderInline(value, manner)}`,
      };
    if (isBlock(parent) && (isBlock(node) || !isInline))
      return { from: end, to: endOfContent(node), text: renderBelow(value, column, manner) };
  }
  if (isEmpty(node)) {
    const at = isSeq(parent) && typeof step === 'number' ? endOfItem(parent as ReadSeq, step) : 0;
    return { from: at, to: at, text: ` ${renderInline(value, manner)}` };
  }
  const [start] = node.range;
  const rendered =
    manner.isJson && !isInline
      ? renderJsonLines(value, indentOfLine(text, start), manner)
      : renderInline(value, manner);
  return { from: start, to: endOfContent(node), text: rendered };
}

/** @param value of the whole document or of a part of it, once it is changed: what is not there yet, is empty, or stands elsewhere (an alias) is written anew, from the first such place on */
export type ValueThere = (at: SettingsPath) => unknown;

/** Where a change begins: the deepest collection that is written on its way, and the step from there. */
function reach(
  contents: ParsedNode | null,
  at: SettingsPath,
): { readonly parent: ParsedNode | null; readonly depth: number } {
  let parent = contents;
  for (const [depth, step] of at.entries()) {
    const child = childOf(parent, step);
    const isFilled = (isMap(child) || isSeq(child)) && child.items.length > 0;
    if (depth === at.length - 1 || child === null || child === undefined || !isFilled) return { parent, depth };
    parent = child;
  }
  return { parent, depth: 0 };
}

/** Gives a place another value. @param valueThere after the change */
export function spliceSet(ground: Ground, at: SettingsPath, valueThere: ValueThere): Splice {
  const { contents, manner, text } = ground;
  const { parent, depth } = reach(contents, at);
  const step = at[depth];
  if (parent === null || step === undefined || !(isMap(parent) || isSeq(parent)) || parent.items.length === 0)
    return wholeDocument(ground, valueThere([]));
  const value = valueThere(at.slice(0, depth + 1));
  const isThere = isMap(parent) ? pairOf(parent as ReadMap, step) !== undefined : Number(step) < parent.items.length;
  if (isThere) return replaceNode(ground, parent, step, value);
  if (!isMap(parent)) return spliceInsert(ground, parent as ReadSeq, Number(step), value);
  const map = parent as ReadMap;
  const last = map.items.length - 1;
  if (!isBlock(map)) return insertInBrackets(ground, map, map.items.length, value, String(step));
  const column = columnOf(text, startOfItem(map, 0));
  return below(ground, endOfItem(map, last), ' '.repeat(column) + renderPair(String(step), value, column, manner));
}

/** A document of `{}` or of nothing. */
function wholeDocument({ contents, manner, text }: Ground, value: unknown): Splice {
  const from = contents?.range[0] ?? text.length;
  const rendered = manner.isJson
    ? renderJsonLines(value, '', manner)
    : typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
      ? Object.entries(value)
          .map(([name, part]) => renderPair(name, part, 0, manner))
          .join(manner.eol)
      : renderInline(value, manner);
  return { from, to: contents === null ? from : endOfContent(contents), text: rendered };
}

/** Puts an item into a list that has some. */
export function spliceInsert(ground: Ground, seq: ReadSeq, index: number, value: unknown): Splice {
  const { text, manner } = ground;
  if (!isBlock(seq)) return insertInBrackets(ground, seq, index, value);
  const dash = startOfItem(seq, 0);
  const column = columnOf(text, dash);
  const item = `- ${renderInline(value, manner)}`;
  if (index === 0) return { from: dash, to: dash, text: item + manner.eol + ' '.repeat(column) };
  return below(ground, endOfItem(seq, Math.min(index, seq.items.length) - 1), ' '.repeat(column) + item);
}

/** Takes a name or an item away. @param valueThere after the change */
export function spliceRemove(ground: Ground, at: SettingsPath, valueThere: ValueThere): Splice {
  const { parent, depth } = reach(ground.contents, at);
  const step = at[depth];
  const isReached =
    depth === at.length - 1 && parent !== null && step !== undefined && (isMap(parent) || isSeq(parent));
  if (!isReached) return emptied(ground, at.slice(0, depth + 1), valueThere);
  const collection = parent as ReadMap | ReadSeq;
  if (collection.items.length === 1) return emptied(ground, at.slice(0, -1), valueThere);
  const index = isMap(parent)
    ? (parent as ReadMap).items.findIndex(({ key }) => isScalar(key) && key.value === step)
    : Number(step);
  return isBlock(collection) ? removeLines(ground, collection, index) : removeFromBrackets(ground, collection, index);
}

/** The collection around what is taken away, without it. */
function emptied(ground: Ground, at: SettingsPath, valueThere: ValueThere): Splice {
  const step = at.at(-1);
  if (step === undefined) return wholeDocument(ground, valueThere([]));
  let parent = ground.contents;
  for (const each of at.slice(0, -1)) parent = childOf(parent, each) ?? null;
  return replaceNode(ground, parent, step, valueThere(at));
}
