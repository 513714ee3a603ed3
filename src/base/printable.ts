// Makes text harmless to show: what came with an event must not move a terminal's cursor, forge a line, or turn the text around it.

/** Control characters (C0, DEL, C1), formatting ones (bidirectional overrides, zero-width, tags), line and paragraph separators. */
const COMMANDS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const COMMANDS_BUT_LAYOUT = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** As JSON escapes it, so that JSON text stays JSON text of the same value. */
function escapeCharacter(character: string): string {
  let escaped = '';
  for (let at = 0; at < character.length; at += 1)
    escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return escaped;
}

/** Text for people with its line breaks and tabs; JSON text, which has no others inside of its strings, keeps its value. */
export function toPrintable(text: string): string {
  return text.replace(COMMANDS_BUT_LAYOUT, escapeCharacter);
}

/** One cell of a table or one line of a list: line breaks and tabs are escaped, too. */
export function toPrintableCell(text: string): string {
  return text.replace(COMMANDS, escapeCharacter);
}
