// The experiments people are exposed to: by which unit, in which layer, and who is in which group.

/** An experiment. */
export interface Experiment {
  readonly name: string;
  /** Name of the unit it is allocated by; `undefined` for one whose exposures don't say. */
  readonly unit: string | undefined;
  /** The layer it runs in. */
  readonly layer: string | undefined;
  /** Rule of everybody while it does not run. */
  readonly idleRule: string | undefined;
}

/** The group, as an exposure's metadata has it. */
export interface Group {
  readonly ruleID: string;
  readonly experimentGroupName?: string;
}

const BY_COMPANY = [12, 13, 14, 15];
const BY_STABLE_ID = [16, 17];
const IN_LAYER = [18, 19];
const WITHOUT_UNIT = 11;
const IDLE_RULES: ReadonlyMap<number, string> = new Map([
  [4, 'prestart'],
  [9, 'disabled'],
]);

function unitOf(index: number): string | undefined {
  if (index === WITHOUT_UNIT) return undefined;
  if (BY_COMPANY.includes(index)) return 'companyID';
  return BY_STABLE_ID.includes(index) ? 'stableID' : 'userID';
}

export function experimentAt(index: number): Experiment {
  return {
    name: `experiment_${index}`,
    unit: unitOf(index),
    layer: IN_LAYER.includes(index) ? 'home_page' : undefined,
    idleRule: IDLE_RULES.get(index),
  };
}

/** From 0 to 99, always the same for the same text. */
function bucketOf(text: string): number {
  let mixed = 7;
  for (const letter of text) mixed = (Math.imul(mixed, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
  return mixed % 100;
}

/** @param isLate from now on some units are in the other group */
export function groupOf({ name, idleRule }: Experiment, unitValue: string, isLate: boolean): Group {
  if (idleRule !== undefined) return { ruleID: idleRule };
  const bucket = bucketOf(`${name} ${unitValue}`);
  if (bucket < 10) return { ruleID: 'default' };
  if (bucket < 14) return { ruleID: '' };
  const isReallocated = isLate && bucket % 20 === 0;
  const isTest = (bucket % 2 === 0) !== isReallocated;
  return isTest
    ? { ruleID: `${name}:test`, experimentGroupName: 'Test' }
    : { ruleID: `${name}:control`, experimentGroupName: 'Control' };
}
