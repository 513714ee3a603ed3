// Reads a long YAML text in a thread of its own: a file of three thousand workspaces takes seconds, in which no request would be answered.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SettingsPath } from './settings-path.js';
import { readYaml, type TextPosition, type YamlPlaces, type YamlReading, type YamlTree } from './yaml-tree.js';

/** A string of so many characters takes about as long as a thread to start. */
const LONG_TEXT = 16_384;

/** What the thread answers. */
export type AsideReading =
  | { readonly values: readonly unknown[]; readonly places: readonly YamlPlaces[] }
  | Exclude<YamlReading, { trees: unknown }>;

/** The place of the value, or of the nearest one around it. */
function findPlace({ paths, numbers }: YamlPlaces): YamlTree['positionOf'] {
  let indexes: ReadonlyMap<string, number> | undefined;
  return (at: SettingsPath, part = 'value'): TextPosition => {
    indexes ??= new Map(paths.map((path, index) => [path, index]));
    for (let length = at.length; length >= 0; length -= 1) {
      const index = indexes.get(JSON.stringify(at.slice(0, length)));
      if (index === undefined) continue;
      const start = index * 4 + (part === 'name' && length === at.length ? 0 : 2);
      return { line: numbers[start] ?? 1, column: numbers[start + 1] ?? 1 };
    }
    return { line: 1, column: 1 };
  };
}

/** As `readYaml`, without holding up others. */
export async function readYamlAside(text: string): Promise<YamlReading> {
  if (text.length <= LONG_TEXT) return readYaml(text);
  const worker = new Worker(new URL('./yaml-thread.js', import.meta.url), { workerData: text });
  try {
    const [reading]: AsideReading[] = await once(worker, 'message');
    if (reading === undefined || 'faults' in reading) return reading ?? { faults: [] };
    const { values, places } = reading;
    return {
      trees: values.map((value, index) => ({
        value,
        positionOf: findPlace(places[index] ?? { paths: [], numbers: new Int32Array() }),
      })),
    };
  } finally {
    await worker.terminate();
  }
}
