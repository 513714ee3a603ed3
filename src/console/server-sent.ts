// Reads the text of server-sent events.

/** One of them. */
export interface ServerSent {
  /** What to go on after; undefined where none was said. */
  readonly id?: string;
  /** `message` where none was said. */
  readonly event: string;
  /** The empty string where only the id moves. */
  readonly data: string;
}

/** Takes pieces of the text as they arrive, and gives the events that are whole. */
export function createServerSentReader(): (piece: string) => readonly ServerSent[] {
  let rest = '';
  return (piece) => {
    rest += piece;
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    return blocks.map(readBlock).filter((event) => event !== undefined);
  };
}

function readBlock(block: string): ServerSent | undefined {
  let id: string | undefined;
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name === 'id') id = value;
    else if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
  }
  // With an id alone it moves the place to go on from.
  if (data.length === 0 && id === undefined) return undefined;
  return { event, data: data.join('\n'), ...(id === undefined ? {} : { id }) };
}
