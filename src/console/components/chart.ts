// A chart over time, by uPlot. What it shows is in a table beside it for those who cannot see it: a chart alone tells them nothing.

import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { onColours } from '../theme.js';
import { formatMoment, formatShort } from './format.js';

/** A line. */
export interface Series {
  readonly title: string;
  /** One for each of `times`; `null` where nothing is known. */
  readonly values: readonly (number | null)[];
  readonly tone: 'accent' | 'good' | 'warn' | 'bad' | 'plain';
}

/** A chart. */
export interface ChartProps {
  /** What it shows; read aloud. */
  readonly label: string;
  /** Seconds since 1970, rising. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** In CSS pixels. */
  readonly height?: number;
}

/** The colours of the style sheet as the canvas needs them. */
function colour(place: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.className = `ink-${name}`;
  place.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function withAlpha(rgb: string, alpha: number): string {
  const [red = 0, green = 0, blue = 0] = (rgb.match(/[\d.]+/g) ?? []).map(Number);
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

const DAY_S = 86_400;

/** Of a tick of the axis: `14:05`, and where a day begins `11-30`. @param step seconds between two ticks */
function timeOf(at: number, step: number): string {
  const [day = '', clock = ''] = formatMoment(at * 1000).split(' ');
  return step >= DAY_S || clock === '00:00:00' ? day.slice(5) : clock.slice(0, 5);
}

function optionsFor(place: HTMLElement, { series, height = 160 }: ChartProps): uPlot.Options {
  const axis = {
    stroke: colour(place, 'muted'),
    grid: { stroke: colour(place, 'line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(place.clientWidth, 100),
    height,
    padding: [8, 22, 0, 0],
    legend: { live: true },
    cursor: { y: false, points: { size: 6 } },
    axes: [
      { ...axis, space: 70, size: 28, values: (_, ticks, __, ___, step) => ticks.map((tick) => timeOf(tick, step)) },
      { ...axis, size: 46, values: (_, ticks) => ticks.map((tick) => formatShort(tick)) },
    ],
    scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] } },
    series: [
      { value: (_, at) => (at === null ? '' : formatMoment(at * 1000)) },
      ...series.map(({ title, tone }) => {
        const stroke = colour(place, tone);
        return { label: title, stroke, fill: withAlpha(stroke, 0.08), width: 1.5, points: { show: false } };
      }),
    ],
  };
}

const dataOf = ({ times, series }: ChartProps): uPlot.AlignedData =>
  // uPlot's type is a tuple whose first column is the times, which no map can show.
  [times, ...series.map(({ values }) => values)].map((column) => [...column]) as unknown as uPlot.AlignedData;

/** A chart. It is drawn anew when its lines, its width or the colours change, and takes new values without that. */
export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const lines = props.series.map(({ title, tone }) => `${title}/${tone}`).join('|');

  useEffect(() => {
    const at = place.current;
    if (at === null) return undefined;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(at, latest.current), dataOf(latest.current), at);
    };
    draw();
    const resized = new ResizeObserver(() => {
      const { height = 160 } = latest.current;
      if (at.clientWidth > 0) plot.current?.setSize({ width: at.clientWidth, height });
    });
    resized.observe(at);
    const end = onColours(draw);
    return () => {
      end();
      resized.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [lines, props.height]);

  useEffect(() => {
    plot.current?.setData(dataOf(props));
  }, [props.times, props.series]);

  return html`<div class="chart" role="img" aria-label=${props.label} ref=${place}></div>`;
}
