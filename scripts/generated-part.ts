// Replaces the generated part of a page and leaves the hand-written rest alone.

const BEGIN = '<!-- generated:begin -->';
const END = '<!-- generated:end -->';

/**
 * @param path of the page, for the error
 * @param text of the page
 * @param generated what belongs between the two marker lines
 * @throws Error when the markers are missing or out of order
 */
export function replaceGeneratedPart(path: string, text: string, generated: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin === -1 || end < begin) {
    throw new Error(`${path} has no generated part. Add the lines ${BEGIN} and ${END} where it belongs.`);
  }
  return `${text.slice(0, begin)}${BEGIN}\n\n${generated}\n\n${text.slice(end)}`;
}
