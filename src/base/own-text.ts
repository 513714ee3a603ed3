// The beginning of a text that is kept for long.

/**
 * At most so many characters of a text, as a string of its own: one that `slice` gives holds the whole text in memory for as long as it is kept itself.
 *
 * @param most characters (UTF-16 code units)
 */
export function ownText(text: string, most: number): string {
  return text.length <= most ? text : Buffer.from(text.slice(0, most), 'utf16le').toString('utf16le');
}
