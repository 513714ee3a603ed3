// Whether the process is on its way out.

/** Set once, when the process is asked to stop. */
export interface Lifecycle {
  draining: boolean;
}
