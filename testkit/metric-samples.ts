// Reads what `/metrics` says.

/** The sum of a metric's samples that have these labels. @param text of a scrape */
export function sumSamples(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  let sum = 0;
  for (const [, sample, found = '', value] of text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)) {
    const named = `,${found},`;
    if (sample === name && Object.entries(labels).every(([key, label]) => named.includes(`,${key}="${label}",`)))
      sum += Number(value);
  }
  return sum;
}
