// What connecting Statsig is told.

import type { Secret } from '../../base/secret.js';
import type { ReadSecret } from '../../settings/secret-reference.js';
import type { TaskEnd } from '../tasks.js';
import type { ConsoleApi } from './console.js';

/** What is waited for: the question whether the webhook's URL is right, and an event that is signed as it should be. */
export type WebhookSign = 'handshake' | 'event';

/** Looks at a running process. */
export interface WebhookWatch {
  /** When a sign was seen last, in milliseconds since the epoch. Each is absent where none was, or that is not known. */
  seen(workspace: string): Promise<{ readonly [sign in WebhookSign]?: number }>;
  /**
   * Waits for a sign.
   *
   * @returns what came of it: `by-hand` where no one can look, or somebody ended it
   * @throws ConnectError where it did not come in time: why, and what to do
   */
  waitFor(sign: WebhookSign, workspace: string): Promise<TaskEnd>;
}

/** Which ID types are made that the settings name and the project does not have: none, all that are no slip of one that is there, or those of these names. */
export type WhichIdTypes = 'none' | 'missing' | readonly string[];

/** What connecting Statsig is told. */
export interface ConnectStatsigOptions {
  readonly api: ConsoleApi;
  /** Id of the settings document. */
  readonly workspace: string;
  /** A settings directory, a file, or the URL of a config service. */
  readonly settingsLocation: string;
  /** For a config service. */
  readonly settingsToken?: Secret | undefined;
  /** Looks `env:` and `file:` up. Default: this machine's. */
  readonly readSecret?: ReadSecret;
  readonly create: WhichIdTypes;
  /** Names of `statsigCustomIDs` in events that came lately. */
  readonly namesInEvents?: readonly string[];
  /** Address of the listener for senders, as Statsig reaches it; without a slash at its end. Without it the event webhook is left out. */
  readonly publicUrl?: string | undefined;
  /** Where secrets that are told are kept. Default: `secrets` beside the settings files. */
  readonly secretsDirectory?: string | undefined;
  /** The signing secret of Statsig's event webhook, asked for when it is needed. @returns undefined where no one knows it yet */
  readonly signingSecret?: () => Promise<Secret | undefined>;
  /** One that a person has told already: it takes the place of another one in our file. */
  readonly givenSigningSecret?: Secret | undefined;
  /** Sees what the webhook posts. Without it no one waits. */
  readonly watch?: WebhookWatch | undefined;
  readonly signal?: AbortSignal;
}
