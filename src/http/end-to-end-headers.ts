// Tells the headers of a message from those of the connection that it came by.

/** Headers about one connection, not about the message (RFC 9110, section 7.6.1). Each side of us makes its own. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The pairs of a raw header list, without the headers that concern the connection only. */
export function endToEndHeaders(rawHeaders: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  const dropped = new Set(HOP_BY_HOP);
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = rawHeaders[index + 1] ?? '';
    pairs.push([name, value]);
    if (name.toLowerCase() === 'connection') {
      for (const option of value.split(',')) dropped.add(option.trim().toLowerCase());
    }
  }
  // A sender must not name the body's length or the host there; heeding it would change the message.
  for (const kept of ['host', 'content-length']) dropped.delete(kept);
  return pairs.filter(([name]) => !dropped.has(name.toLowerCase()));
}
