// What fixtures are played against: a program that runs already, or one that is started with the settings they need.

/** A running program that speaks the protocols. */
export interface RunningTarget {
  /** Of the port for everybody, or for those inside. */
  readonly url: string;
  /** Of the port for senders outside, where there is another one. */
  readonly publicUrl?: string;
}

/** A program that was started for fixtures. */
export interface StartedTarget extends RunningTarget {
  /** Ends it. */
  stop(): Promise<unknown>;
}

/** What a program has to be started with. */
export interface TargetNeeds {
  /** Holds settings documents, in one JSON file. */
  readonly settingsDirectory: string;
  /** A directory for what it writes; it is removed with all that is in it. */
  readonly dataDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts a program and resolves once it listens. */
export type StartTarget = (needs: TargetNeeds) => Promise<StartedTarget>;

/** What runs already, and what is known of it. */
export interface GivenTarget extends RunningTarget {
  /** A directory whose settings documents it watches. Without one only fixtures are played that need no settings. */
  readonly settingsDirectory?: string;
  /** Those environment variables that fixtures ask for, as it was started with them. Fixtures that ask for others are not played. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Either. */
export type Target = GivenTarget | { readonly start: StartTarget };

/** What cannot be done, as a sentence for people. */
export class ConformanceError extends Error {}
