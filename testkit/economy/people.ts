// The people who are exposed to experiments: known, anonymous or signing in later, some of a company, some testers.

import type { Random } from '../random.js';

/** A Statsig user. */
export interface ExposedUser {
  readonly userID?: string;
  readonly customIDs?: {
    readonly stableID?: string;
    readonly companyID?: string;
    readonly segmentAnonymousId?: string;
  };
  readonly statsigEnvironment?: { readonly tier: string };
}

/** A person at one moment. */
export interface Moment {
  readonly user: ExposedUser;
  readonly stableID: string;
  /** True when Statsig's browser SDK logs the exposure, which knows the stableID by itself. */
  readonly isBrowser: boolean;
  readonly companyID: number | undefined;
}

/** A person. */
export interface ExposedPerson {
  /** The number of an experiment that the person sees now. */
  seen(random: Random): number;
  at(isLate: boolean, random: Random): Moment;
}

const COMPANIES = 60;

/** Experiments one person ever sees, some of them all the time. */
const EXPERIMENTS_EACH = 5;

function makePerson(index: number, experiments: number, random: Random): ExposedPerson {
  const signsIn = random.weighted({ always: 65, never: 25, later: 10 });
  const companyID = random.chance(0.4) ? random.whole(1, COMPANIES) : undefined;
  const segmentAnonymousId = random.chance(0.2) ? `segment-${index}` : undefined;
  const role = random.weighted({ customer: 85, declared: 5, tester: 7, developer: 3 });
  const experimentsSeen = Array.from({ length: EXPERIMENTS_EACH }, () => random.whole(0, experiments - 1));
  const stableID = `stable-${index}`;
  // Some users have the number of a company.
  const userID = String(index + 1);

  function tierNow(now: Random): string | undefined {
    if (role === 'customer') return undefined;
    if (role === 'declared') return 'production';
    if (role === 'developer') return 'development';
    return now.chance(0.5) ? 'staging' : 'production';
  }

  return {
    seen: (now) => experimentsSeen[Math.floor(EXPERIMENTS_EACH * now.fraction() ** 2)] ?? 0,
    at(isLate, now) {
      const isSignedIn = signsIn === 'always' || (signsIn === 'later' && isLate);
      const isBrowser = now.chance(0.5);
      const tier = tierNow(now);
      const customIDs = {
        ...(!isBrowser && { stableID }),
        ...(companyID !== undefined && now.chance(0.7) && { companyID: String(companyID) }),
        ...(segmentAnonymousId !== undefined && { segmentAnonymousId }),
      };
      const user = {
        ...(isSignedIn && { userID }),
        ...(Object.keys(customIDs).length > 0 && { customIDs }),
        ...(tier !== undefined && { statsigEnvironment: { tier } }),
      };
      return { user, stableID, isBrowser, companyID };
    },
  };
}

/** @param experiments how many there are */
export function makePeople(count: number, experiments: number, random: Random): readonly ExposedPerson[] {
  return Array.from({ length: count }, (_, index) => makePerson(index, experiments, random));
}
