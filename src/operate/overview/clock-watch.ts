// Notices that somebody has set the clock of the machine.

import type { EpochMs } from '../../base/time.js';

/** A jump of the clock. */
export interface ClockJump {
  /** Milliseconds: ahead where it is more than 0. */
  readonly byMs: number;
  /** When it was noticed, by the clock after it. */
  readonly at: EpochMs;
}

/** Smaller steps are those of time services. */
const JUMP_MS = 60_000;

/** Milliseconds for which a jump is told. */
const TOLD_MS = 3_600_000;

/** Compares two clocks at each look. */
export class ClockWatch {
  readonly #wall: () => EpochMs;
  readonly #uptime: () => number;
  #offset: number | undefined;
  #jump: { readonly byMs: number; readonly at: EpochMs; readonly uptime: number } | undefined;

  /** @param wall as the system has it @param uptime milliseconds that no one sets */
  constructor(wall: () => EpochMs, uptime: () => number) {
    this.#wall = wall;
    this.#uptime = uptime;
  }

  readonly look = (): void => {
    const [at, uptime] = [this.#wall(), this.#uptime()];
    const offset = at - uptime;
    const byMs = offset - (this.#offset ?? offset);
    this.#offset = offset;
    if (Math.abs(byMs) >= JUMP_MS) this.#jump = { byMs, at, uptime };
  };

  /** Of the last hour. */
  get jump(): ClockJump | undefined {
    return this.#jump !== undefined && this.#uptime() - this.#jump.uptime < TOLD_MS ? this.#jump : undefined;
  }
}
