// Finds the rows of settings that have applied to none of many events.

import type { WorkspaceDocument } from '../../settings/document.js';
import { rowsOf } from '../../settings/row-uses.js';
import type { WatchedSetting } from '../../transform/row-use.js';
import type { Silenced, UnusedRow } from './state.js';
import { type Tallies, type Tally, tallyOf } from './tallies.js';

/** So many events have come without a row's applying to one of them before it is told: a new row is not at fault for its first events. */
const MANY = 100;

/** So many that were all kept out are no coincidence. */
const ENOUGH = 10;

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

  /** Documents of which each event so far was kept out by `includeEvents`. */
  silenced(documents: readonly WorkspaceDocument[], tallies: Tallies): readonly Silenced[] {
    return documents.flatMap((document) => {
      const { id: workspace, source } = document;
      const before = this.#before.get(document);
      if (before === undefined) return [];
      return (['inbound', 'outbound'] as const).flatMap((direction) => {
        const now = tallyOf(tallies, workspace, direction);
        const events = now.notIncluded - before[direction].notIncluded;
        const isAll = events === now.named - before[direction].named && now.converted === before[direction].converted;
        return isAll && events >= ENOUGH ? [{ workspace, source, direction, events }] : [];
      });
    });
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
