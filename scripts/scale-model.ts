// What a number of events a second needs, from what one event costs: replicas, databases, disk, lanes, and what comes to its end first.

/** A number that the model starts from. */
export interface ScaleInput {
  readonly value: number;
  readonly unit: string;
  /** What it is, and where it comes from. */
  readonly what: string;
}

const PROTOTYPE = 'a prototype, in the runs of which the page tells';

/** All numbers of the model. Costs are processor time of one core of the machine that they were measured on. */
export const SCALE_INPUTS = {
  convertMicros: {
    value: 55,
    unit: 'µs',
    what: 'a replica takes an event in: parse, convert, answer; measured (`npm run bench -- processor-100`)',
  },
  appendMicros: { value: 12, unit: 'µs', what: `a replica stores it in a batch of 100; measured with ${PROTOTYPE}` },
  claimMicros: { value: 9, unit: 'µs', what: `a replica reads and settles it; measured with ${PROTOTYPE}` },
  sendMicros: { value: 20, unit: 'µs', what: 'a replica compresses and sends it, 500 in a request; assumed' },
  databaseMicros: {
    value: 27,
    unit: 'µs',
    what: `the database stores, reads and deletes it, remembers its id; measured with ${PROTOTYPE}`,
  },
  writtenBytes: {
    value: 510,
    unit: 'bytes',
    what: `an event written by the database, its log included; measured with ${PROTOTYPE}`,
  },
  idBytes: {
    value: 72,
    unit: 'bytes',
    what: `a remembered id on the disk of the database; measured with ${PROTOTYPE}`,
  },
  windowHours: { value: 24, unit: 'hours', what: '`DEDUPE_WINDOW_MS`; ids are kept for up to two windows' },
  requestEvents: { value: 500, unit: 'events', what: '`maxBatchEvents`, in one request to Statsig' },
  requestMs: {
    value: 200,
    unit: 'ms',
    what: 'until a request to Statsig is answered; assumed. A lane sends one at a time',
  },
  replicaCores: { value: 1, unit: 'cores', what: 'of a replica: `WORKERS` makes one of more cores' },
  busyPart: {
    value: 0.7,
    unit: '',
    what: 'of a core that is planned with: the rest is for peaks, and for a replica that is gone',
  },
  databaseCores: { value: 16, unit: 'cores', what: 'of one database; assumed' },
  databaseLogBytes: { value: 200e6, unit: 'bytes/s', what: 'that the disk of one database takes as its log; assumed' },
  databaseDiskBytes: { value: 2e12, unit: 'bytes', what: 'of the disk of one database for ids; assumed' },
  connections: { value: 12, unit: '', what: 'connections of one process to the database, at most' },
  maxConnections: { value: 500, unit: '', what: '`max_connections` of one database; assumed' },
} as const satisfies Readonly<Record<string, ScaleInput>>;

export type ScaleInputName = keyof typeof SCALE_INPUTS;

export type ScaleValues = Readonly<Record<ScaleInputName, number>>;

/** The numbers as they stand above, with others in the place of some. */
export function scaleValues(others: Partial<ScaleValues> = {}): ScaleValues {
  const named = Object.entries(SCALE_INPUTS).map(([name, { value }]) => [name, value]);
  return { ...(Object.fromEntries(named) as ScaleValues), ...others };
}

/** Databases that each part of the work needs. */
interface Limits {
  readonly cores: number;
  readonly log: number;
  readonly ids: number;
  readonly connections: number;
}

/** What a number of events a second needs. */
export interface ScaleNeeds {
  readonly eventsPerSecond: number;
  readonly replicas: number;
  readonly databaseCores: number;
  readonly logBytesPerSecond: number;
  readonly idBytes: number;
  /** Lanes at least: one has one request under way. */
  readonly lanes: number;
  readonly databases: number;
  /** What one database has least of, in how many of them. */
  readonly limits: Limits;
}

/** What the events of one lane cannot exceed, a second. */
export function laneLimit({ requestEvents, requestMs }: ScaleValues): number {
  return (requestEvents * 1000) / requestMs;
}

/** What one database takes, a second, before it is the first to be full, and of what. */
export function databaseLimit(values: ScaleValues): { readonly eventsPerSecond: number; readonly by: keyof Limits } {
  const { limits } = needsAt(1, values);
  const [by, part] = (Object.entries(limits) as [keyof Limits, number][]).reduce((one, other) =>
    other[1] > one[1] ? other : one,
  );
  return { eventsPerSecond: 1 / part, by };
}

/** @param eventsPerSecond taken in and delivered, in batches of 100 */
export function needsAt(eventsPerSecond: number, values: ScaleValues): ScaleNeeds {
  const inReplica = values.convertMicros + values.appendMicros + values.claimMicros + values.sendMicros;
  const replicas = (eventsPerSecond * inReplica) / 1e6 / values.busyPart / values.replicaCores;
  const databaseCores = (eventsPerSecond * values.databaseMicros) / 1e6 / values.busyPart;
  const logBytesPerSecond = eventsPerSecond * values.writtenBytes;
  const idBytes = eventsPerSecond * 2 * values.windowHours * 3600 * values.idBytes;
  const processes = replicas * values.replicaCores;
  const limits: Limits = {
    cores: databaseCores / values.databaseCores,
    log: logBytesPerSecond / values.databaseLogBytes,
    ids: idBytes / values.databaseDiskBytes,
    connections: (processes * values.connections) / values.maxConnections,
  };
  return {
    eventsPerSecond,
    replicas: Math.ceil(replicas),
    databaseCores,
    logBytesPerSecond,
    idBytes,
    lanes: Math.ceil(eventsPerSecond / laneLimit(values)),
    databases: Math.ceil(Math.max(...Object.values(limits))),
    limits,
  };
}
