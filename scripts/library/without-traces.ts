// Takes the calls of traces out of code that is never given one.

const CALL = /[\w.#]*trace\?\.(?:add|origin|reads|collect)\(/;

/** The index behind the parenthesis that closes the one at `open`. Strings and templates may hold others. */
function endOfCall(code: string, open: number): number {
  /** What is open: a bracket, or the quote of a string; a `{` within a template stands for its `${`. */
  const stack: string[] = [];
  for (let at = open; at < code.length; at += 1) {
    const character = code.charAt(at);
    const inside = stack.at(-1);
    if (inside === "'" || inside === '"' || inside === '`') {
      if (character === '\\') at += 1;
      else if (character === inside) stack.pop();
      else if (inside === '`' && character === '$' && code.charAt(at + 1) === '{') {
        stack.push('{');
        at += 1;
      }
    } else if (/['"`([{]/.test(character)) stack.push(character);
    else if (/[)\]}]/.test(character)) {
      stack.pop();
      if (stack.length === 0) return at + 1;
    }
  }
  throw new Error('A call of a trace does not end.');
}

/** What is done only for a trace. */
const ONLY_WITH_TRACE = /(?<![.#\w])trace(?= &&| !== undefined)/g;

/** Each call of a method of `trace`, or of `this.#trace`, becomes `void 0`, and so does `trace` where something is done only with one: what follows is never reached then. */
export function withoutTraces(code: string): string {
  let left = '';
  let rest = code.replace(ONLY_WITH_TRACE, 'void 0');
  for (;;) {
    const call = CALL.exec(rest);
    if (call === null) return left + rest;
    left += `${rest.slice(0, call.index)}void 0`;
    rest = rest.slice(endOfCall(rest, call.index + call[0].length - 1));
  }
}
