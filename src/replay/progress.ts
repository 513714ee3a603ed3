// Tells how far a replay is.

/** Where progress is written. */
export interface ProgressLine {
  /** A terminal has one line that is written anew; elsewhere each is a line of its own. */
  readonly isTerminal: boolean;
  write(text: string): void;
}

/** What there is to tell. */
export interface Stand {
  readonly events: number;
  /** Of files, as they lie on disk. */
  readonly bytesRead: number;
  /** 0 where it is not known. */
  readonly bytesTotal: number;
  readonly refused: number;
}

const TERMINAL_MS = 200;
const LINE_MS = 10_000;

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `1.2 GB` */
export function formatBytes(bytes: number): string {
  const at = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${(bytes / 1000 ** at).toFixed(at === 0 ? 0 : 1)} ${UNITS[at]}`;
}

/** `2 min 5 s` */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Tells it now and then. */
export class Progress {
  readonly #line: ProgressLine;
  readonly #now: () => number;
  readonly #startMs: number;
  /** The first that was told: what earlier runs have done is no part of the rate. */
  #first: Stand | undefined;
  #lastMs: number;

  /** @param now milliseconds */
  constructor(line: ProgressLine, now: () => number = () => performance.now()) {
    this.#line = line;
    this.#now = now;
    this.#startMs = now();
    this.#lastMs = this.#startMs;
  }

  /** Seconds of this run so far. */
  get seconds(): number {
    return (this.#now() - this.#startMs) / 1000;
  }

  #describe({ events, bytesRead, bytesTotal, refused }: Stand, first: Stand): string {
    const { seconds } = this;
    const rate = (events - first.events) / seconds;
    const left = ((bytesTotal - bytesRead) * seconds) / (bytesRead - first.bytesRead);
    const parts = [
      `${events} events`,
      `${rate.toFixed(0)} events/s`,
      bytesTotal === 0 ? formatBytes(bytesRead) : `${formatBytes(bytesRead)} of ${formatBytes(bytesTotal)}`,
      ...(refused > 0 ? [`${refused} refused`] : []),
      ...(bytesTotal > 0 && Number.isFinite(left) && left >= 0 ? [`${formatSeconds(left)} left`] : []),
    ];
    return parts.join(', ');
  }

  /** Told often; says it when it is time. */
  tell(stand: Stand): void {
    this.#first ??= stand;
    const now = this.#now();
    if (now - this.#lastMs < (this.#line.isTerminal ? TERMINAL_MS : LINE_MS)) return;
    this.#lastMs = now;
    const text = this.#describe(stand, this.#first);
    this.#line.write(this.#line.isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
  }

  /** Leaves an empty line for what is said next. */
  end(): void {
    if (this.#line.isTerminal) this.#line.write('\r\u001b[K');
  }
}
