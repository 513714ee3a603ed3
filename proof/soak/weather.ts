// The weather of a soak: targets that are well, flaky, down or full in turn, and settings that are edited meanwhile.

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsoleFault } from '../../testkit/console-stand-in.js';
import { DOWN, type Mood, WELL } from '../faults/stand-ins.js';
import { STATSIG_WEIGHTS } from '../torture/torture-deeds.js';

/** What Statsig says for no may be a yes of Segment's. */
const FLAKY: Mood = { ...STATSIG_WEIGHTS, 'garbage 200': 0, 'success false': 0 };
const FULL: Mood = { accept: 3, 429: 1 };
const HANGING: Mood = { accept: 20, hang: 1 };

interface Spell {
  readonly name: string;
  /** How long, in units. */
  readonly lasts: number;
  readonly mood: Mood;
  readonly console?: ConsoleFault;
}

/** Long enough that what the trouble before it left behind goes out. */
const WELL_LASTS = 3;

const SPELLS: readonly Spell[] = [
  { name: 'well', lasts: WELL_LASTS, mood: WELL },
  { name: 'flaky', lasts: 1, mood: FLAKY, console: 'reset after' },
  { name: 'well', lasts: WELL_LASTS, mood: WELL },
  { name: '429', lasts: 1, mood: FULL, console: { status: 429, body: '{}', headers: { 'retry-after': '1' } } },
  { name: 'well', lasts: WELL_LASTS, mood: WELL },
  { name: 'down', lasts: 1, mood: DOWN, console: { status: 500, body: '{}' } },
  { name: 'well', lasts: WELL_LASTS, mood: WELL },
  { name: 'timeouts', lasts: 1, mood: HANGING, console: 'reset' },
];

/** Whom it falls on. */
export interface UnderTheSky {
  setMood(mood: Mood): void;
  setConsoleFault(fault: ConsoleFault | undefined): void;
  /** A settings document's file, edited with each spell. */
  readonly settingsFile: string;
}

/** Batches of Statsig get another size: the next request is made by it. */
function editSettings(file: string, count: number): void {
  const document: object = JSON.parse(readFileSync(file, 'utf8'));
  const aside = join(file, '..', '.edited');
  writeFileSync(aside, JSON.stringify({ ...document, maxBatchEvents: 40 + (count % 10) }));
  renameSync(aside, file);
}

/** @param unitMs the shortest spell @returns once it is enough: the spells there were. It does not heal */
export async function changeWeather(sky: UnderTheSky, unitMs: number, enough: AbortSignal): Promise<readonly string[]> {
  const seen: string[] = [];
  while (!enough.aborted) {
    const spell = SPELLS[seen.length % SPELLS.length];
    if (spell === undefined) break;
    sky.setMood(spell.mood);
    sky.setConsoleFault(spell.console);
    seen.push(spell.name);
    editSettings(sky.settingsFile, seen.length);
    await sleep(spell.lasts * unitMs, undefined, { signal: enough }).catch(() => {});
  }
  return seen;
}
