// Moves the times around the recording to a moment that stands, in the form in which they are written: a recording that is made again must not differ by them.

/** 2026-01-02T03:04:05Z, as in all fixtures. */
const MOMENT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

const HOUR_MS = 3_600_000;

/** Times further away were made up, or are somebody's birthday: they stay. */
const AROUND_MS = 48 * HOUR_MS;

const DATE_TIME =
  /(?<!\d)(\d{4}-\d{2}-\d{2})([Tt ])(\d{2}:\d{2}:\d{2})(?:([.,])(\d{1,9}))?( ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?(?!\d)/g;

/** In words, as HTTP writes it. */
const HTTP_DATE = /\b[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT\b/g;

const MILLISECONDS = /(?<!\d|\d\.)\d{13}(?!\d)/g;

/** Only as the whole of a string: ten digits may be a phone number. */
const SECONDS = /^\d{10}$/;

function offsetMs(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d{2}):?(\d{2})/.exec(zone) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * 60_000);
}

/** What stands for a moment that the request does not name, in what is expected. */
export type Unknown = '{{time}}' | '{{text}}' | '{{number}}' | `{{receivedAtMs${string}}}`;

/** The times of one fixture. */
export class Moments {
  readonly #now: number;
  /** Sent so far, as they were. */
  readonly #sent = new Set<number>();
  #first: number | undefined;

  /** @param now of the recording, milliseconds since the epoch */
  constructor(now: number) {
    this.#now = now;
  }

  /** Where the moment goes: hours between two stay, what is less does not; `undefined` for one that is far away. */
  #move(ms: number): number | undefined {
    if (Math.abs(ms - this.#now) > AROUND_MS) return undefined;
    this.#first ??= ms;
    return MOMENT_MS + Math.round((ms - this.#first) / HOUR_MS) * HOUR_MS;
  }

  /**
   * A number that may be milliseconds or seconds since the epoch.
   *
   * @param isSent false for what is expected: there a time that no request named is not known beforehand
   */
  ofNumber(value: number, isSent: boolean): number | Unknown {
    for (const unit of [1, 1000]) {
      const ms = Math.floor(value * unit);
      const moved = this.#move(ms);
      if (moved === undefined) continue;
      if (isSent) this.#sent.add(ms);
      else if (!this.#sent.has(ms)) return unit === 1 ? this.#received(ms) : '{{number}}';
      return moved / unit;
    }
    return value;
  }

  /** A time that the plugin has from its own clock, or from that and hours that lie between times of the sender. */
  #received(ms: number): Unknown {
    const offset = Math.round((ms - this.#now) / HOUR_MS) * HOUR_MS;
    if (offset === 0) return '{{receivedAtMs}}';
    return `{{receivedAtMs${offset < 0 ? '' : '+'}${offset}}}`;
  }

  /** The same text with its times moved. */
  replaceIn(text: string, isSent: boolean): string {
    const replace = (found: string, ms: number, write: (moved: number) => string, unknown: Unknown): string => {
      const moved = Number.isNaN(ms) ? undefined : this.#move(ms);
      if (moved === undefined) return found;
      if (isSent) this.#sent.add(ms);
      else if (!this.#sent.has(ms)) return unknown;
      return write(moved);
    };
    return text
      .replace(DATE_TIME, (found, date: string, t: string, time: string, dot?: string, digits?: string, zone = '') => {
        const offset = offsetMs(zone);
        const ms = Date.parse(`${date}T${time}.${(digits ?? '0').slice(0, 3)}Z`) - offset;
        const write = (moved: number) => {
          const written = new Date(moved + offset).toISOString();
          // Go leaves zeros at the end out, so the number of digits is not the same each time.
          const zeros = digits === undefined ? '' : `${dot}${'0'.repeat(Math.ceil(digits.length / 3) * 3)}`;
          return `${written.slice(0, 10)}${t}${written.slice(11, 19)}${zeros}${zone}`;
        };
        return replace(found, ms, write, zone === 'Z' && digits?.length === 3 ? '{{time}}' : '{{text}}');
      })
      .replace(HTTP_DATE, (found) =>
        replace(found, Date.parse(found), (moved) => new Date(moved).toUTCString(), '{{text}}'),
      )
      .replace(MILLISECONDS, (found) => replace(found, Number(found), String, '{{text}}'))
      .replace(SECONDS, (found) => replace(found, Number(found) * 1000, (moved) => String(moved / 1000), '{{text}}'));
  }
}
