// Finds the rows of settings that have applied to none of many events.

import type { WorkspaceDocument } from '../../settings/document.js';
import { rowsOf } from '../../settings/row-uses.js';
import type { WatchedSetting } from '../../transform/row-use.js';
import type { UnusedRow } from './state.js';
import { type Tallies, type Tally, tallyOf } from './tallies.js';

/** So many events have come without a row's applying to one of them before it is told: a new row is not at fault for its first events. */
const MANY = 100;

interface Before {
  readonly inbound: Tally;
  readonly outbound: Tally;
}

/** Remembers how many events had come when a document came into force. */
export class RowWatch {
  readonly #before = new WeakMap<WorkspaceDocument, Before>();

  /** To be called now and then: a document that is new counts from the next look on, or from the start. */
  look(documents: readonly WorkspaceDocument[], tallies: Tallies): void {
    for (const document of documents) {
      if (this.#before.has(document)) continue;
      const of = (direction: string) => ({ ...tallyOf(tallies, document.id, direction) });
      this.#before.set(document, { inbound: of('inbound'), outbound: of('outbound') });
    }
  }

  unused(documents: readonly WorkspaceDocument[], tallies: Tallies): readonly UnusedRow[] {
    return documents.flatMap((document) => {
      const { id: workspace, source } = document;
      const before = this.#before.get(document);
      if (before === undefined) return [];
      const since = (direction: 'inbound' | 'outbound', what: 'converted' | 'named') =>
        tallyOf(tallies, workspace, direction)[what] - before[direction][what];
      const eventsFor: Readonly<Record<WatchedSetting, number>> = {
        identifierMappings: since('inbound', 'converted'),
        includeEvents: since('inbound', 'named'),
        excludeEvents: since('inbound', 'named'),
        'outbound.includeEvents': since('outbound', 'named'),
        'outbound.excludeEvents': since('outbound', 'named'),
      };
      // What is relayed as it came is not mapped and not filtered.
      const isRelayed = document.settings.mode === 'webhook';
      return rowsOf(document).flatMap(({ setting, row, isUsed }) => {
        const events = eventsFor[setting];
        if (isUsed || events < MANY || (isRelayed && !setting.startsWith('outbound'))) return [];
        return [{ workspace, source, setting, row, events }];
      });
    });
  }
}
