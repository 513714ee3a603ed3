// What `statsig-cdp transform` prints: a line of JSON for each event, and beside it what a person wants to know.

import { writeLongNumbers } from '../base/long-numbers.js';
import { toPrintableCell } from '../base/printable.js';
import type { Terminal } from '../base/terminal.js';
import type { Trace } from '../base/trace.js';
import { describeNote } from '../model/note-sentences.js';
import { leaveOutDeep } from '../operate/tester/leave-out-deep.js';
import { findRule, tellEvent } from '../operate/tester/tell-event.js';
import type { Tried } from '../sources/tester/tried.js';

/** Counts by name. */
class Counts {
  readonly #counts = new Map<string, number>();
  total = 0;

  add(name: string): void {
    this.total += 1;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** `2 filtered (loop 1, event_excluded 1)` */
  describe(word: string): string {
    const parts = [...this.#counts].map(([name, count]) => `${name} ${count}`);
    return `${this.total} ${word}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
  }
}

function ruleOf(trace: Trace): string {
  const rule = findRule(trace);
  return rule === undefined ? '' : `  <- ${rule}`;
}

function describe(tried: Tried): string {
  switch (tried.result) {
    case 'converted':
      return 'converted';
    case 'filtered':
      return `filtered (${tried.reason}): ${tried.detail}${ruleOf(tried.explain())}`;
    case 'invalid':
      return `error ${tried.message}`;
  }
}

/** What is printed of an event. */
type Line = Readonly<Record<string, unknown>> & { readonly event: number };

async function lineOf(event: number, tried: Tried): Promise<Line> {
  const { workspaceId, result } = tried;
  const told = { event, ...(workspaceId !== undefined && { workspace: workspaceId }), result };
  switch (result) {
    case 'converted': {
      const { notes, needs } = tried;
      return { ...told, ...(notes && { notes }), ...(needs && { needs }), requests: await tried.requests() };
    }
    case 'filtered':
      return { ...told, reason: tried.reason, detail: tried.detail };
    case 'invalid':
      return { ...told, code: tried.code, message: tried.message };
  }
}

/** Segment's SDK takes its time for each request, and makes many at once. */
const MAX_LINES = 50;

/** Prints what becomes of one event after the other. */
export class TransformOutput {
  readonly #explainsEach: boolean;
  readonly #tellsAll: boolean;
  readonly #terminal: Terminal;
  readonly #filtered = new Counts();
  readonly #invalid = new Counts();
  readonly #told = new Set<string>();
  /** Of events whose requests are being made, in order. */
  readonly #lines: Promise<Line>[] = [];
  #converted = 0;
  #events = 0;

  /** @param explainsEach say the decisions about each event @param tellsAll print what the tester tells of each, in place of its requests alone */
  constructor(explainsEach: boolean, tellsAll: boolean, terminal: Terminal) {
    this.#explainsEach = explainsEach;
    this.#tellsAll = tellsAll;
    this.#terminal = terminal;
  }

  #tell(text: string): Promise<void> {
    return this.#terminal.complainLine(toPrintableCell(text));
  }

  /** One line per decision. */
  async #explain(trace: Trace): Promise<void> {
    for (const { stage, decision, why } of trace.entries)
      await this.#tell(`  ${stage.padEnd(12)} ${decision}  <- ${why}`);
  }

  /** Says what holds for many events, once. */
  note(text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    void this.#tell(text);
  }

  async add(tried: Tried): Promise<void> {
    this.#events += 1;
    if (tried.result === 'converted') this.#converted += 1;
    else if (tried.result === 'filtered') this.#filtered.add(tried.reason);
    else this.#invalid.add(tried.code);
    if (this.#explainsEach || tried.result !== 'converted')
      await this.#tell(`event ${this.#events}: ${describe(tried)}`);
    if (this.#explainsEach) await this.#explain(tried.explain());
    if (tried.result === 'converted' && tried.needs !== undefined)
      this.note(`event ${this.#events} changes a list or deletes a person. The sender has to show ${tried.needs}.`);
    if (tried.result === 'converted') for (const note of tried.notes ?? []) this.note(`${note}: ${describeNote(note)}`);
    const event = this.#events;
    const line = this.#tellsAll ? tellEvent(tried).then((told): Line => ({ event, ...told })) : lineOf(event, tried);
    // Its turn to be awaited comes later.
    line.catch(() => {});
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) await this.#sayNext();
  }

  async #sayNext(): Promise<void> {
    const line = this.#lines.shift();
    if (line === undefined) return;
    const told = await line;
    const shown = leaveOutDeep(told, (remark) => void this.#tell(`event ${told.event}: ${remark}`));
    await this.#terminal.sayLine(writeLongNumbers(shown));
  }

  /** Says the rest, and how many events became what. */
  async summarise(): Promise<void> {
    while (this.#lines.length > 0) await this.#sayNext();
    const counts = [
      `${this.#converted} converted`,
      this.#filtered.describe('filtered'),
      this.#invalid.describe('invalid'),
    ];
    await this.#tell(`${this.#events} ${this.#events === 1 ? 'event' : 'events'}: ${counts.join(', ')}`);
  }

  /** Whether any event is an error. */
  get hasInvalid(): boolean {
    return this.#invalid.total > 0;
  }
}
