// Which rows of a long list are drawn: those that can be seen, and some around them.

/** Rows that are drawn, and the room that the others would take. */
export interface RowWindow {
  readonly first: number;
  /** Not drawn any more. */
  readonly end: number;
  /** In pixels. */
  readonly above: number;
  readonly below: number;
}

const AROUND = 6;

/** @param scrollTop, height of the frame, in pixels */
export function windowOf(rows: number, rowHeight: number, scrollTop: number, height: number): RowWindow {
  const first = Math.min(Math.max(0, Math.floor(scrollTop / rowHeight) - AROUND), Math.max(0, rows - 1));
  const end = Math.min(rows, Math.ceil((scrollTop + height) / rowHeight) + AROUND);
  return { first, end: Math.max(first, end), above: first * rowHeight, below: Math.max(0, rows - end) * rowHeight };
}

/** Where the frame has to be scrolled to, so that a row can be seen under the heading; where it is, if it can be. */
export function scrollToRow(row: number, rowHeight: number, scrollTop: number, height: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop;
}
