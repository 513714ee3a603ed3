// What the routes answer that say how the process is. Anybody who reaches the port may ask them; /healthz the senders outside, too.

/** As the stock transformer answers, with our version. */
export interface HealthAnswer {
  readonly service: 'UP';
  readonly version: string;
}

/** Alive. */
export interface HealthzAnswer {
  readonly status: 'ok' | 'not ok';
}

/** How one thing stands. */
export interface ReadinessPart {
  readonly ok: boolean;
  readonly [fact: string]: unknown;
}

/** How everything stands that the process needs. */
export interface ReadinessAnswer {
  readonly ready: boolean;
  /** What an operator has to look at although traffic goes on, each as a sentence. */
  readonly warnings: readonly string[];
  /** By the name of the part: `process`, `settings`, `publicRoutes`, `upstream`, `delivery`. */
  readonly checks: Readonly<Record<string, ReadinessPart>>;
  /** Whether each worker is ready, by itself, for rudder-server (`transform`) and for senders (`ingest`); absent where one process serves alone. */
  readonly workers?: readonly { readonly worker: number; readonly transform: boolean; readonly ingest: boolean }[];
}

/** The routes about how the process is. */
export interface HealthRoutes {
  /** Answers as the stock transformer does, as long as the process is alive. */
  readonly health: { role: 'none'; answer: HealthAnswer };
  /** Says that the process is alive. On the port for senders outside it says whether they are served, and answers 503 with `not ok` where they are not. */
  readonly healthz: { role: 'none'; answer: HealthzAnswer; other: { 503: HealthzAnswer } };
  /**
   * Says whether the process is ready for traffic, with the reason for each part. Where it is not it answers 503 with the same body. A shared outbox that is not ok does not count: RudderStack's
   * events need none.
   */
  readonly readyz: { role: 'none'; answer: ReadinessAnswer; other: { 503: ReadinessAnswer } };
  /** Says whether it is ready for senders whose events are stored: as `/readyz`, and the outbox counts, embedded or shared. */
  readonly readyzIngest: { role: 'none'; answer: ReadinessAnswer; other: { 503: ReadinessAnswer } };
}
