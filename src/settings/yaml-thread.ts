// The thread that reads a long YAML text.

import { parentPort, workerData } from 'node:worker_threads';
import type { AsideReading } from './yaml-aside.js';
import { listPlaces, readYaml } from './yaml-tree.js';

function read(text: string): AsideReading {
  const reading = readYaml(text);
  if ('faults' in reading) return reading;
  return { values: reading.trees.map(({ value }) => value), places: listPlaces(text) };
}

parentPort?.postMessage(read(String(workerData)));
