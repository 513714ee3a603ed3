// Prometheus metrics. Every label has a closed set of values.

import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client';
import { createBreather } from '../base/breather.js';
import type { ErrorCode } from '../base/errors.js';
import type { EpochMs } from '../base/time.js';
import { refusalReason } from '../call/verdict.js';
import type { DeliveryOutcome, DispatcherStatus } from '../dispatch/dispatcher-options.js';
import type { Ingested } from '../ingest/inbound.js';
import type { NoteCounts } from '../ingest/tally-notes.js';
import { isIntoStatsig, kindOfTarget } from '../outbox/lane-id.js';
import type { OutboxStatus, OutboxUsage } from '../outbox/outbox.js';
import type { CacheCounts } from '../settings/cache.js';
import type { DeliveryTally, EventTally } from '../sources/rudderstack/tally.js';
import type { ListSize } from '../targets/statsig-lists/list-sizes.js';
import { addUpLanes } from './lane-totals.js';
import { RequestDurations } from './request-durations.js';
import { type CountedSeries, SeriesCounter } from './series-counter.js';

/** How many workspaces there are of which kind. One may be a dry run and paused. */
export interface WorkspaceStates {
  readonly all: number;
  /** They have no key or no target, and send nothing. */
  readonly dry_run: number;
  readonly paused: number;
}

/** What the metrics read when they are scraped. */
export interface MetricSources {
  cacheCounts(): CacheCounts;
  bytesInFlight(): number;
  parsedBytesInFlight(): number;
  /** `undefined` while nothing has needed an outbox. */
  outboxStatus(): OutboxStatus | undefined;
  outboxUsage(): OutboxUsage | undefined;
  /** How deliveries go; `undefined` while there is no outbox. */
  dispatcherStatus(): DispatcherStatus | undefined;
  /** Faults of the newest settings, for which they are not in force. */
  settingsFaults(): number;
  /** What may not be meant as it is written. */
  settingsWarnings(): number;
  /** Settings documents in force, by how they stand. */
  workspaces(): WorkspaceStates;
  /** Whether the upstream transformer answers; `undefined` where there is none. */
  upstreamAnswers(): boolean | undefined;
  /** ID lists that settings name and that were changed since the start. */
  listSizes(): readonly ListSize[];
  /** The clock of the outbox. Default: the system's. */
  now?(): EpochMs;
}

/** Who pushes events to us. `rudderstack_source`: Statsig through rudder-server. */
export type IngestProtocol = 'segment' | 'tracking_api' | 'statsig' | 'rudderstack_source';

/** Whose events may be odd. */
export type NotedProtocol = IngestProtocol | 'rudderstack';

/** Labels of `statsig_cdp_events_total`. */
export type EventLabel = 'workspace' | 'target' | 'direction' | 'protocol' | 'stage' | 'outcome' | 'reason';

/** Labels of `statsig_cdp_events_noted_total`. */
export type NotedLabel = 'protocol' | 'workspace' | 'note';

/** What the rest of the program tells the metrics. */
export interface Metrics {
  /** Events of one transform request. `stage` is rudder-server's word: processor, router, batch. */
  countTransformed(stage: string, tally: EventTally): void;
  /** Jobs that rudder-server handed over. `stage` says by which of its calls. */
  countDelivered(stage: 'proxy' | 'delete_users', tally: DeliveryTally): void;
  /** Events that were pushed to us, once it is known what became of them. */
  countIngested(protocol: IngestProtocol, workspaceId: string, results: readonly Ingested[]): void;
  /** Deliveries from the outbox. */
  countOutcome(outcome: DeliveryOutcome): void;
  /** Events and dead letters that an operator had forgotten. */
  countDropped(workspaceId: string, target: string, events: number): void;
  /** What is odd about the events of one request. */
  countNoted(protocol: NotedProtocol, workspaceId: string, counts: NoteCounts): void;
  countForwarded(outcome: 'forwarded' | 'unreachable' | 'broken'): void;
  /**
   * A request that was refused, or a part of one.
   *
   * @param route one of the manifest's paths, or a name for none
   */
  countRefused(route: string, code: ErrorCode): void;
  /** @param route one of the manifest's paths */
  observeRequest(route: string, status: number, seconds: number): void;
  /** What was counted of events since the start, for those who look at differences. */
  readonly events: readonly CountedSeries<EventLabel>[];
  /** What was counted of odd events since the start. */
  readonly noted: readonly CountedSeries<NotedLabel>[];
  /** What a scrape tells, before it is written: for one scrape of several workers. */
  samples(): Promise<readonly object[]>;
  /** The text of a scrape and its media type. */
  scrape(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Where events were when something became of them. */
interface EventLabels {
  readonly direction: 'inbound' | 'outbound';
  readonly protocol: string;
  /** Id of the settings document. RudderStack's destinations may have none, and anyone can make up their ids. */
  readonly workspace?: string;
  /** Of deliveries from the outbox. */
  readonly target?: string;
  readonly stage: string;
}

const OUTCOMES: Readonly<Record<DeliveryOutcome['kind'], string>> = {
  delivered: 'delivered',
  retry: 'pending_retry',
  dead: 'failed_delivery',
};

const DIRECTIONS: Readonly<Record<IngestProtocol, EventLabels['direction']>> = {
  segment: 'inbound',
  tracking_api: 'inbound',
  statsig: 'outbound',
  rudderstack_source: 'outbound',
};

const INGESTED: Readonly<Record<Ingested['kind'], string>> = {
  accepted: 'converted',
  duplicate: 'duplicate',
  filtered: 'filtered',
  invalid: 'failed_on_ingest',
};

function reasonOf(result: Ingested): string {
  if (result.kind === 'filtered') return result.reason;
  return result.kind === 'invalid' ? result.code.toLowerCase() : '';
}

/** As `registry.metrics()` writes them, which holds up others for all series together: there are ten for each workspace. */
export async function writeMetrics(registry: Registry): Promise<string> {
  const breathe = createBreather();
  const texts: string[] = [];
  for (const { name } of registry.getMetricsAsArray()) {
    await breathe();
    texts.push(await registry.getSingleMetricAsString(name));
  }
  return `${texts.join('\n\n')}\n`;
}

/** Of several workers: all see the same outbox, and the same settings. */
const SAME = { aggregator: 'max' } as const;

/** What is not known is absent: a number would be believed. */
function setOrRemove(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}

/** As much of a registry of prom-client as is needed of one that belongs to somebody else. */
export interface MetricsRegistry {
  registerMetric(metric: never): void;
  removeSingleMetric(name: string): void;
}

/** Where metrics are, beside the text of a scrape. */
export interface MetricsOptions {
  /** Gets them too. */
  readonly registry?: MetricsRegistry | undefined;
}

/** Puts what it is given into another registry, too. */
class HostedRegistry extends Registry {
  readonly #host: MetricsRegistry | undefined;

  constructor(host: MetricsRegistry | undefined) {
    super();
    this.#host = host;
  }

  override registerMetric<T extends string>(metric: Metric<T>): void {
    super.registerMetric(metric);
    this.#host?.registerMetric(metric as never);
  }

  leaveHost(): void {
    for (const { name } of this.getMetricsAsArray()) this.#host?.removeSingleMetric(name);
  }
}

function registryOfProcess(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/**
 * A registry of its own, with all metrics at their start.
 *
 * @param sources asked at each scrape
 * @param host where this is part of a program of somebody else's, which has metrics of the process itself
 * @throws Error where its registry has metrics of these names already
 */
export function createMetrics(sources: MetricSources, host?: MetricsOptions): Metrics & { close(): void } {
  const { now = Date.now } = sources;
  const hosted = host === undefined ? undefined : new HostedRegistry(host.registry);
  const registry = hosted ?? registryOfProcess();
  const registers = [registry];

  const events = new SeriesCounter<EventLabel>(
    {
      name: 'statsig_cdp_events_total',
      help: 'Events by outcome: received, converted, duplicate, filtered, failed_on_ingest, delivered, pending_retry, failed_delivery, dropped.',
      labelNames: ['workspace', 'target', 'direction', 'protocol', 'stage', 'outcome', 'reason'],
      registers,
    },
    ([protocol = '', stage = '', direction = '', workspace = '', target = '', outcome = '', reason = '']) => ({
      workspace,
      target,
      direction,
      protocol,
      stage,
      outcome,
      reason,
    }),
  );
  const noted = new SeriesCounter<NotedLabel>(
    {
      name: 'statsig_cdp_events_noted_total',
      help: 'Events that were taken although something is odd about them, by what: see note in docs/operate.md.',
      labelNames: ['protocol', 'workspace', 'note'],
      registers,
    },
    ([protocol = '', note = '', workspace = '']) => ({ protocol, workspace, note }),
  );
  const forwarded = new Counter({
    name: 'statsig_cdp_upstream_requests_total',
    help: 'Requests passed to the upstream transformer by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const refused = new Counter({
    name: 'statsig_cdp_refused_total',
    help: 'Requests that were answered with an error of docs/errors.md, and parts of requests whose sender was refused, by the route of the manifest and the code.',
    labelNames: ['route', 'code'],
    registers,
  });
  const requests = new RequestDurations(registers);
  new Gauge({
    name: 'statsig_cdp_bytes_in_flight',
    help: 'Bytes of request bodies and transform answers held now.',
    registers,
    collect() {
      this.set(sources.bytesInFlight());
    },
  });
  new Gauge({
    name: 'statsig_cdp_parsed_bytes_in_flight',
    help: 'Bytes of memory that the parsed values of request bodies take now, at most.',
    registers,
    collect() {
      this.set(sources.parsedBytesInFlight());
    },
  });
  const cache = new Gauge({
    name: 'statsig_cdp_config_cache_total',
    help: 'Compiled workspaces: look-ups that hit, missed, and entries evicted, since the start.',
    labelNames: ['result'],
    registers,
    collect() {
      const { hits, misses, evictions } = sources.cacheCounts();
      cache.set({ result: 'hit' }, hits);
      cache.set({ result: 'miss' }, misses);
      cache.set({ result: 'eviction' }, evictions);
    },
  });

  new Gauge({
    name: 'statsig_cdp_outbox_bytes',
    help: 'Bytes of events waiting in the outbox, with their keys and ids.',
    ...SAME,
    registers,
    collect() {
      const outbox = sources.outboxStatus();
      setOrRemove(this, outbox?.counts === 'unknown' ? undefined : outbox?.bytes);
      setLanes(outbox);
    },
  });
  new Gauge({
    name: 'statsig_cdp_outbox_noticed',
    help: '1 while there is something about the outbox that no one has acknowledged, such as damage, or that keeps it from working.',
    ...SAME,
    registers,
    collect() {
      this.set(sources.outboxStatus()?.problem === undefined ? 0 : 1);
    },
  });
  const ofUsage = (name: string, help: string, read: (usage: OutboxUsage) => number | undefined) =>
    new Gauge({
      name,
      help,
      ...SAME,
      registers,
      collect() {
        const usage = sources.outboxUsage();
        setOrRemove(this, usage && read(usage));
      },
    });
  ofUsage(
    'statsig_cdp_outbox_disk_bytes',
    'Bytes of the files of the outbox, without the reserve.',
    ({ diskBytes }) => diskBytes,
  );
  ofUsage('statsig_cdp_dead_letter_bytes', 'Bytes of dead letters.', ({ deadLetterBytes }) => deadLetterBytes);
  new Counter({
    name: 'statsig_cdp_dead_letters_dropped_total',
    help: 'Dead letters that were let go since the start, by why: age (too old), bytes (too many).',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      const { age = 0, bytes = 0 } = sources.outboxUsage()?.droppedDeadLetters ?? {};
      this.inc({ reason: 'age' }, age);
      this.inc({ reason: 'bytes' }, bytes);
    },
  });
  const perLane = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['workspace', 'target'], ...SAME, registers });
  const waiting = perLane('statsig_cdp_outbox_events', 'Events waiting in the outbox.');
  const deadLetters = perLane('statsig_cdp_dead_letters', 'Events that were given up and are kept.');
  const oldest = perLane('statsig_cdp_outbox_oldest_seconds', 'Age of the oldest waiting event.');

  /** All of them at once: there may be thousands of lanes, which are looked at once for each scrape. */
  function setLanes(outbox: OutboxStatus | undefined): void {
    for (const gauge of [waiting, deadLetters, oldest]) gauge.reset();
    const at = now();
    for (const lane of addUpLanes(outbox?.lanes ?? [])) {
      const labels = { workspace: lane.workspaceId, target: lane.target };
      waiting.set(labels, lane.waiting);
      deadLetters.set(labels, lane.deadLetters);
      oldest.set(labels, lane.waiting === 0 ? 0 : Math.max(0, at - lane.oldestAcceptedAt) / 1000);
    }
  }

  new Gauge({
    name: 'statsig_cdp_circuits_open',
    help: 'Circuits of targets that are not closed: the target takes nothing.',
    labelNames: ['workspace', 'target'],
    registers,
    collect() {
      this.reset();
      hostsDown.reset();
      const { lanes = [], hosts = [] } = sources.dispatcherStatus() ?? {};
      for (const { workspaceId, target, circuit } of lanes)
        this.inc({ workspace: workspaceId, target: kindOfTarget(target) }, circuit === 'closed' ? 0 : 1);
      for (const { host } of hosts) hostsDown.set({ host }, 1);
    },
  });
  // Written after what sets it: else a scrape would show how hosts stood at the one before.
  const hostsDown = new Gauge({
    name: 'statsig_cdp_host_open',
    help: '1 for each host of a target that does not answer: its circuit is open.',
    labelNames: ['host'],
    ...SAME,
    registers,
  });
  new Gauge({
    name: 'statsig_cdp_settings_faults',
    help: 'Faults of the newest settings, for which the last good ones stay in force; 0 while the newest are in force.',
    ...SAME,
    registers,
    collect() {
      this.set(sources.settingsFaults());
    },
  });
  new Gauge({
    name: 'statsig_cdp_settings_warnings',
    help: 'What in the settings in force may not be meant as it is written, at most 20.',
    ...SAME,
    registers,
    collect() {
      this.set(sources.settingsWarnings());
    },
  });
  new Gauge({
    name: 'statsig_cdp_workspaces',
    help: 'Settings documents in force: all, those that are a dry run and send nothing, and those that are paused.',
    labelNames: ['state'],
    ...SAME,
    registers,
    collect() {
      for (const [state, count] of Object.entries(sources.workspaces())) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'statsig_cdp_upstream_up',
    help: '1 while the upstream transformer answers what is passed on to it and states its features.',
    aggregator: 'min',
    registers,
    collect() {
      const answers = sources.upstreamAnswers();
      setOrRemove(this, answers === undefined ? undefined : Number(answers));
    },
  });
  new Gauge({
    name: 'statsig_cdp_id_list_ids',
    help: 'Ids of each ID list that settings name and that was changed since the start, as far as known. Statsig wants more settings of SDKs above 1000.',
    labelNames: ['workspace', 'list'],
    ...SAME,
    registers,
    collect() {
      this.reset();
      for (const { workspaceId, listId, ids } of sources.listSizes())
        this.set({ workspace: workspaceId, list: listId }, ids);
    },
  });

  const count = (labels: EventLabels, outcome: string, n: number, reason = ''): void => {
    const { protocol, stage, direction, workspace = '', target = '' } = labels;
    if (n > 0) events.add([protocol, stage, direction, workspace, target, outcome, reason], n);
  };

  return {
    countTransformed(stage, tally) {
      for (const [workspace, counts] of tally.workspaces) {
        const of = { direction: 'inbound', protocol: 'rudderstack', stage, workspace } as const;
        count(of, 'received', counts.total);
        count(of, 'converted', counts.converted);
        for (const [reason, n] of counts.filtered) count(of, 'filtered', n, reason);
        for (const [code, n] of counts.invalid) count(of, 'failed_on_ingest', n, code.toLowerCase());
      }
    },
    countDelivered(stage, tally) {
      const labels = { direction: 'inbound', protocol: 'rudderstack', stage } as const;
      for (const { workspaceId, outcome, reason, jobs } of tally.counts)
        count({ ...labels, workspace: workspaceId }, outcome, jobs, reason);
    },
    countIngested(protocol, workspace, results) {
      const labels = { direction: DIRECTIONS[protocol], protocol, workspace, stage: 'ingest' };
      count(labels, 'received', results.length);
      const counts = new Map<string, { readonly outcome: string; readonly reason: string; n: number }>();
      let accepted = 0;
      for (const result of results) {
        if (result.kind === 'accepted') {
          accepted += 1;
          continue;
        }
        const reason = reasonOf(result);
        const key = `${result.kind} ${reason}`;
        const known = counts.get(key);
        if (known === undefined) counts.set(key, { outcome: INGESTED[result.kind], reason, n: 1 });
        else known.n += 1;
      }
      count(labels, INGESTED.accepted, accepted);
      for (const { outcome, reason, n } of counts.values()) count(labels, outcome, n, reason);
    },
    countDropped(workspaceId, name, events) {
      const direction = isIntoStatsig(name) ? 'inbound' : 'outbound';
      const labels = {
        direction,
        protocol: 'outbox',
        workspace: workspaceId,
        target: kindOfTarget(name),
        stage: 'drop',
      } as const;
      count(labels, 'dropped', events);
    },
    countOutcome({ kind, workspaceId, target: name, deliveries, reason, status = 0 }) {
      const direction = isIntoStatsig(name) ? 'inbound' : 'outbound';
      const target = kindOfTarget(name);
      const labels = { direction, protocol: 'outbox', workspace: workspaceId, target, stage: 'dispatch' } as const;
      const why = reason ?? (kind === 'retry' && status >= 400 ? refusalReason({ kind, status }) : '');
      count(labels, OUTCOMES[kind], deliveries.length, why);
    },
    countRefused: (route, code) => refused.inc({ route, code }),
    countNoted(protocol, workspace, counts) {
      for (const [note, n] of counts.entries) noted.add([protocol, note, workspace], n);
    },
    countForwarded: (outcome) => forwarded.inc({ outcome }),
    observeRequest: (route, status, seconds) => requests.add(route, status, seconds),
    events: events.series,
    noted: noted.series,
    close: () => hosted?.leaveHost(),
    samples: () => registry.getMetricsAsJSON(),
    scrape: async () => ({ contentType: registry.contentType, text: await writeMetrics(registry) }),
  };
}
