// Numbers, times and durations as the console writes them.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

const two = (value: number) => String(value).padStart(2, '0');

/** `12,345`. */
export const formatCount = (value: number): string => whole.format(value);

/** `12.3K`, for places where there is little room. */
export const formatShort = (value: number): string =>
  Math.abs(value) < 10_000 ? whole.format(value) : short.format(value);

/** `14:03:07.042` in the reader's zone. */
export function formatClock(at: number, withMs = true): string {
  const date = new Date(at);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withMs ? `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}` : clock;
}

/** `2026-01-02 14:03:07` in the reader's zone. */
export function formatMoment(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${formatClock(at, false)}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `2 d 4 h`, `3 min 5 s`, `40 ms`: the two largest units. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const first = UNITS.findIndex(([, size]) => ms >= size);
  const [unit, size] = UNITS[first] ?? UNITS[3];
  const count = Math.floor(ms / size);
  const next = UNITS[first + 1];
  const rest = next === undefined ? 0 : Math.floor((ms - count * size) / next[1]);
  return next === undefined || rest === 0 ? `${count} ${unit}` : `${count} ${unit} ${rest} ${next[0]}`;
}

/** `12.3 KB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const [value, unit] = bytes < 1_048_576 ? [bytes / 1_024, 'KB'] : [bytes / 1_048_576, 'MB'];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}
