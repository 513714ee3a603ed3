// JSON as it is written, not as it is parsed: repeated keys, `__proto__`, numbers and texts to the letter, and a way to change any part of it.

/** A part of a JSON text. */
export type JsonNode =
  /** To the letter. */
  | { readonly kind: 'letter'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'fields'; readonly entries: readonly JsonEntry[] }
  /** A string that holds JSON. */
  | { readonly kind: 'quoted'; readonly inner: JsonNode };

/** A name, as JSON text with its quotes, and its value. */
export type JsonEntry = readonly [name: string, value: JsonNode];

/** A string as it stands. */
export function letter(text: string): JsonNode {
  return { kind: 'letter', text };
}

/** JSON inside a text. */
export function quoted(value: unknown): JsonNode {
  return { kind: 'quoted', inner: toNode(value) };
}

function isNode(value: object): value is JsonNode {
  return 'kind' in value && 'inner' in value && value.kind === 'quoted';
}

/** A parsed value as a node; what `quoted` made stays what it is. */
export function toNode(value: unknown): JsonNode {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(toNode) };
  if (typeof value !== 'object' || value === null) return letter(JSON.stringify(value) ?? 'null');
  if (isNode(value)) return value;
  return { kind: 'fields', entries: Object.entries(value).map(([name, each]) => [JSON.stringify(name), toNode(each)]) };
}

/** The JSON text. Nodes are never deep, so that this needs little stack; deep texts are letters. @param space stands between all parts */
export function writeNode(node: JsonNode, space = ''): string {
  const write = (each: JsonNode) => writeNode(each, space);
  switch (node.kind) {
    case 'letter':
      return node.text;
    case 'list':
      return `[${space}${node.items.map(write).join(`${space},${space}`)}${space}]`;
    case 'fields': {
      const entries = node.entries.map(([name, value]) => `${name}${space}:${space}${write(value)}`);
      return `{${space}${entries.join(`${space},${space}`)}${space}}`;
    }
    case 'quoted':
      return JSON.stringify(writeNode(node.inner));
  }
}

/** One change of a part of a text. */
export type JsonChange =
  | { readonly kind: 'replace' | 'append'; readonly by: JsonNode }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'delete' | 'repeat' | 'wrap' | 'quote' };

/** How many parts a node has, itself counted. */
export function countNodes(node: JsonNode): number {
  return 1 + childrenOf(node).reduce((sum, child) => sum + countNodes(child), 0);
}

function childrenOf(node: JsonNode): readonly JsonNode[] {
  if (node.kind === 'list') return node.items;
  if (node.kind === 'fields') return node.entries.map(([, value]) => value);
  return node.kind === 'quoted' ? [node.inner] : [];
}

function changeSelf(node: JsonNode, change: JsonChange): JsonNode {
  switch (change.kind) {
    case 'replace':
      return change.by;
    case 'append':
      if (node.kind === 'list') return { kind: 'list', items: [...node.items, change.by] };
      if (node.kind === 'fields') return { kind: 'fields', entries: [...node.entries, ['"extra"', change.by]] };
      return change.by;
    case 'wrap':
      return { kind: 'list', items: [node] };
    case 'quote':
      return letter(JSON.stringify(writeNode(node)));
    default:
      return node;
  }
}

/** What becomes of a field or an item: none, one or two in its place. */
function changeEntries(entry: JsonEntry, change: JsonChange): readonly JsonEntry[] {
  const [name, value] = entry;
  if (change.kind === 'delete') return [];
  if (change.kind === 'repeat') return [entry, entry];
  if (change.kind === 'rename') return [[change.name, value]];
  return [[name, changeSelf(value, change)]];
}

/** Changes the part with this number, counted from the whole down; the whole is neither deleted nor renamed. */
export function changeNode(node: JsonNode, number: number, change: JsonChange): JsonNode {
  if (number === 0) return changeSelf(node, change);
  if (node.kind === 'quoted') return { kind: 'quoted', inner: changeNode(node.inner, number - 1, change) };
  let rest = number - 1;
  const visit = (entry: JsonEntry): readonly JsonEntry[] => {
    const [name, value] = entry;
    const size = countNodes(value);
    const at = rest;
    rest -= size;
    if (at < 0 || at >= size) return [entry];
    return at === 0 ? changeEntries(entry, change) : [[name, changeNode(value, at, change)]];
  };
  if (node.kind === 'fields') return { kind: 'fields', entries: node.entries.flatMap(visit) };
  if (node.kind === 'list')
    return { kind: 'list', items: node.items.flatMap((item) => visit(['', item])).map(([, value]) => value) };
  return node;
}
