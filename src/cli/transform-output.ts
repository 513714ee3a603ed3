// What `statsig-cdp transform` prints: a line of JSON for each event, and beside it what a person wants to know.

import { writeLongNumbers } from '../base/long-numbers.js';
import { toPrintableCell } from '../base/printable.js';
import type { Terminal } from '../base/terminal.js';
import type { Trace } from '../base/trace.js';
import { describeNote } from '../model/note-sentences.js';
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

/** What decided that an event is not sent, where that is a pattern or a rule of the settings. */
function findRule(trace: Trace): string {
  const last = trace.entries.findLast(({ stage }) => stage === 'name' || stage === 'opt-out');
  return last === undefined ? '' : `  <- ${last.why}`;
}

function describe(tried: Tried): string {
  switch (tried.result) {
    case 'converted':
      return 'converted';
    case 'filtered':
      return `filtered (${tried.reason}): ${tried.detail}${findRule(tried.explain())}`;
    case 'invalid':
      return `error ${tried.message}`;
  }
}

async function lineOf(event: number, tried: Tried): Promise<object> {
  const { explain: _, ...told } = tried;
  const { workspaceId: workspace, ...rest } = told;
  const requests = 'requests' in told ? { requests: await told.requests() } : {};
  return { event, ...(workspace !== undefined && { workspace }), ...rest, ...requests };
}

/** Segment's SDK takes its time for each request, and makes many at once. */
const MAX_LINES = 50;

/** Prints what becomes of one event after the other. */
export class TransformOutput {
  readonly #explainsEach: boolean;
  readonly #terminal: Terminal;
  readonly #filtered = new Counts();
  readonly #invalid = new Counts();
  readonly #told = new Set<string>();
  /** Of events whose requests are being made, in order. */
  readonly #lines: Promise<object>[] = [];
  #converted = 0;
  #events = 0;

  /** @param explainsEach say the decisions about each event */
  constructor(explainsEach: boolean, terminal: Terminal) {
    this.#explainsEach = explainsEach;
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
    const line = lineOf(this.#events, tried);
    // Its turn to be awaited comes later.
    line.catch(() => {});
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) await this.#sayNext();
  }

  async #sayNext(): Promise<void> {
    const line = this.#lines.shift();
    if (line !== undefined) await this.#terminal.sayLine(writeLongNumbers(await line));
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
