// What one replica tells all others: rows of a small table that each reads with every look. A notification of PostgreSQL would take one lock for the whole server at each commit.

import type { Queries, Statement } from '../../postgres/connection.js';

/** `want back`: a workspace of which all that is held between two tries is to go back. `redelivered`: a lane into which a dead letter was put back. */
export type SignalKind = 'want back' | 'redelivered';

/** A signal as it is read. */
export interface Signal {
  readonly kind: SignalKind;
  /** Id of the workspace, or number of the lane. */
  readonly subject: string;
  /** When it was sent. */
  readonly at: string;
}

/** Seconds for which it is to be read. Replicas look several times a second. */
export const SIGNAL_SECONDS = 30;

const SEND: Statement = {
  name: 'signal_send',
  text: `insert into signal (kind, subject, at) values ($1, $2, clock_timestamp())
    on conflict (kind, subject) do update set at = excluded.at returning at::text`,
};

/** Sends signals, and tells those that are new from those that were read before. */
export class Signals {
  #seen = new Map<string, string>();

  /** @throws DatabaseError */
  async send(queries: Queries, kind: SignalKind, subject: string): Promise<void> {
    const { rows } = await queries.query<{ readonly at: string }>(SEND, [kind, subject]);
    // This replica has been told already.
    if (rows[0] !== undefined) this.#seen.set(`${kind} ${subject}`, rows[0].at);
  }

  /** @param signals all there are @returns those that were not there at the last look */
  read(signals: readonly Signal[]): readonly Signal[] {
    const news = signals.filter(({ kind, subject, at }) => this.#seen.get(`${kind} ${subject}`) !== at);
    this.#seen = new Map(signals.map(({ kind, subject, at }) => [`${kind} ${subject}`, at]));
    return news;
  }
}
