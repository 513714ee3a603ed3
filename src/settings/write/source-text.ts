// Finds its way in the text of a YAML document that was read: which characters a value stands in.

import {
  Composer,
  type CST,
  type Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  Parser,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

export type ReadMap = YAMLMap.Parsed;
export type ReadSeq = YAMLSeq.Parsed;
export type ReadPair = Pair<ParsedNode, ParsedNode | null>;

/** The documents of a text that is YAML, with the tokens that they were made of. */
export function composeWithTokens(text: string): readonly Document.Parsed[] {
  const composer = new Composer<ParsedNode>({
    prettyErrors: false,
    stringKeys: true,
    resolveKnownTags: false,
    keepSourceTokens: true,
  });
  return [...composer.compose(new Parser().parse(text))] as unknown as readonly Document.Parsed[];
}

/** True for a list or mapping that is written over lines of its own, without brackets. */
export function isBlock(node: unknown): boolean {
  return isCollection(node) && node.flow !== true;
}

function offsetOfToken(tokens: readonly CST.SourceToken[] | undefined, type: CST.SourceToken['type']) {
  return tokens?.find((token) => token.type === type)?.offset;
}

/** Where a name ends, its colon included. */
export function endOfName(pair: ReadPair): number {
  const colon = offsetOfToken(pair.srcToken?.sep, 'map-value-ind');
  return colon === undefined ? pair.key.range[1] : colon + 1;
}

/** Where the `-` of an item stands. */
export function offsetOfDash(seq: ReadSeq, index: number): number {
  const token = seq.srcToken;
  const start = token?.type === 'block-seq' ? token.items[index]?.start : undefined;
  return offsetOfToken(start, 'seq-item-ind') ?? 0;
}

/** Where an item or a name of a collection begins. */
export function startOfItem(node: ReadMap | ReadSeq, index: number): number {
  if (isMap<ParsedNode, ParsedNode | null>(node)) return node.items[index]?.key.range[0] ?? 0;
  return node.flow === true ? (node.items[index]?.range[0] ?? 0) : offsetOfDash(node as ReadSeq, index);
}

/** Where an item of a collection ends, without what is said behind it. */
export function endOfItem(node: ReadMap | ReadSeq, index: number): number {
  const item = node.items[index];
  if (isMap<ParsedNode, ParsedNode | null>(node)) {
    const pair = item as unknown as ReadPair;
    return isEmpty(pair.value) ? endOfName(pair) : endOfContent(pair.value);
  }
  const value = item as ParsedNode | undefined;
  return isEmpty(value) ? startOfItem(node, index) + 1 : endOfContent(value);
}

/** A value that is not written at all. */
export function isEmpty(node: ParsedNode | null | undefined): node is null | undefined {
  return node === null || node === undefined || (isScalar(node) && node.value === null && node.source === '');
}

/** A string that is written over lines (`|`) has its last line end in itself. */
function lineEndOf({ srcToken }: ParsedNode): string {
  return srcToken?.type === 'block-scalar' ? (/\r?\n$/.exec(srcToken.source)?.[0] ?? '') : '';
}

/** Where a value ends, without what is said behind it. */
export function endOfContent(node: ParsedNode): number {
  if (!isBlock(node)) return node.range[1] - lineEndOf(node).length;
  const { length } = (node as ReadMap | ReadSeq).items;
  return length > 0 ? endOfItem(node as ReadMap | ReadSeq, length - 1) : node.range[1];
}

/** What a step leads to; an alias is not followed. */
export function childOf(node: ParsedNode | null | undefined, step: string | number): ParsedNode | null | undefined {
  if (isMap<ParsedNode, ParsedNode | null>(node)) return pairOf(node as ReadMap, step)?.value;
  if (isSeq<ParsedNode>(node) && typeof step === 'number') return node.items[step];
  return undefined;
}

export function pairOf(map: ReadMap, name: string | number): ReadPair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name) as ReadPair | undefined;
}

export type { ParsedNode };
export { isMap, isScalar, isSeq };
