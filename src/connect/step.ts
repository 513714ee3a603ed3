// What connecting does, one thing at a time: told before any is done, and again when it is done.

/** One thing that connecting does. No secret stands in it. */
export interface Step {
  /** Stable: a program may know a step by it. As in `create-destination`. */
  readonly id: string;
  /** A plain sentence. */
  readonly title: string;
  /** `call`: a request to another's API. `file`: a file of ours beside the settings. `settings`: the settings document. `by-hand`: a person does it. `wait`: something has to happen. */
  readonly kind: 'call' | 'file' | 'settings' | 'by-hand' | 'wait';
  /** `there`: found as it should be, so that nothing is done. */
  readonly state: 'to-do' | 'there';
  /** The request, with `(secret)` in the place of what is not shown. */
  readonly call?: { readonly method: string; readonly url: string; readonly body?: unknown };
  /** What is written, as a diff or whole; secrets as `env:` or `file:` references. */
  readonly change?: string;
  /** What people should know before it is done. */
  readonly note?: string;
  /** What to click. */
  readonly byHand?: readonly HandStep[];
}

/** One click, and what to paste there. A secret is named by the file that it stands in, unless who asks wants to see it. */
export interface HandStep {
  readonly text: string;
  readonly paste?: string;
}

/** What came of a step. */
export interface StepReport {
  readonly step: Step;
  readonly result: 'done' | 'there' | 'by-hand' | 'failed';
  /** A sentence for people, of what failed or of what they should know. */
  readonly problem?: string;
}

/** What stands in a step for what is not shown. */
export const HIDDEN = '(secret)';
