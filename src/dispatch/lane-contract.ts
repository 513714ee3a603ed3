// What a lane is given, and what it does for its dispatcher.

import type { EpochMs } from '../base/time.js';
import type { DispatcherLimits, DispatcherOptions, LaneReport } from './dispatcher-options.js';
import type { HostRefusals } from './fault-finder.js';
import type { Hosts } from './host.js';
import type { LimitRooms } from './limit-rooms.js';
import type { Permits } from './permits.js';
import type { SendsUnderWay } from './sends-under-way.js';

/** What all lanes share. */
export interface LaneContext extends Omit<Required<DispatcherOptions>, 'limits'> {
  readonly limits: DispatcherLimits;
  readonly permits: Permits;
  readonly sends: SendsUnderWay;
  readonly hostRefusals: HostRefusals;
  readonly hosts: Hosts;
  readonly limitRooms: LimitRooms;
}

/** A lane. It works while something waits. */
export interface Lane {
  /** Something was appended. @param waiting deliveries that wait now */
  appended(waiting: number): void;
  /** Something else changed, the settings for one: looks again, and where the target or its host took nothing, one request finds out whether they do now. @param at when */
  wake(at: EpochMs): void;
  /** Somebody says that the target may take events again: nothing that was learned of it or its host holds the next request back. What follows it depends on its answer. @param at when */
  tryNow(at: EpochMs): void;
  /**
   * Puts back what is claimed while the lane waits to send it again, so that others find it in the outbox.
   *
   * @throws PluginError OUTBOX_UNAVAILABLE
   */
  putBackIdle(): Promise<void>;
  /** It is another replica's now: sends and settles nothing more, forgets what it holds, gives up what is under way. Its workers end soon. */
  lose(): void;
  readonly isLost: boolean;
  /** Takes nothing more; resolves when what is under way has been settled. */
  close(): Promise<void>;
  /** Nothing of it waits, or its workers have ended. */
  readonly isIdle: boolean;
  /** The time until which what it knows of its target holds it back; a time that has passed when all is well. */
  readonly knowsUntil: EpochMs;
  report(): LaneReport;
}
