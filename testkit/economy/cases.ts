// The settings that make fewer calls of exposures: each alone, and all together.

/** What `outbound` says about exposures. */
export interface EconomySettings {
  readonly exposureWindowMs: number;
  readonly exposureSampleRate: number;
  readonly skipAnonymousExposures: boolean;
  readonly skipDefaultRuleExposures: boolean;
  readonly environments: readonly string[];
}

/** One workspace of the comparison. */
export interface EconomyCase {
  /** Id of the workspace. */
  readonly id: string;
  /** For people. */
  readonly title: string;
  readonly settings: EconomySettings;
}

const OFF: EconomySettings = {
  exposureWindowMs: 0,
  exposureSampleRate: 1,
  skipAnonymousExposures: false,
  skipDefaultRuleExposures: false,
  environments: [],
};

const EVERY: EconomySettings = {
  exposureWindowMs: 86_400_000,
  skipDefaultRuleExposures: true,
  skipAnonymousExposures: true,
  environments: ['production'],
  exposureSampleRate: 0.5,
};

/** The workspace that sends every exposure. */
export const ALL_SENT: EconomyCase = { id: 'off', title: 'economy off', settings: OFF };

/** All workspaces; the first one sends every exposure, the last one has every economy. */
export const ECONOMY_CASES: readonly EconomyCase[] = [
  ALL_SENT,
  ...Object.entries(EVERY).map(([name, value]) => ({
    id: name,
    title: `${name} ${value}`,
    settings: { ...OFF, [name]: value },
  })),
  { id: 'together', title: 'all of them', settings: EVERY },
];
