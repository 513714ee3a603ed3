// The Statsig vocabulary: an event and its user in the words of Statsig's `POST /v1/log_event`.

import type { EpochMs } from '../base/time.js';

/** A value Statsig keeps in `user.custom`. */
export type CustomValue = string | number | boolean | readonly string[];

/** The user of one event. At least one id is needed for the event to count to anyone. Source: Statsig's OpenAPI, `StatsigUser`. */
export interface StatsigUser {
  userID?: string;
  customIDs?: Record<string, string>;
  email?: string;
  ip?: string;
  userAgent?: string;
  /** ISO 3166-1 alpha-2. */
  country?: string;
  locale?: string;
  appVersion?: string;
  custom?: Record<string, CustomValue>;
  /** Absent means production. */
  statsigEnvironment?: { tier: string };
}

/** One event of a log_event request. Source: Statsig's OpenAPI, `StatsigEvent`. */
export interface StatsigEvent {
  eventName: string;
  value?: string | number;
  /** Absent means: when Statsig receives it. */
  time?: EpochMs;
  user: StatsigUser;
  /** String to string. A dot in a key reads back as NULL in Statsig, so keys hold none. */
  metadata?: Record<string, string>;
}
