// Finds environment variables that are almost ours, and values that are not meant.

import type { Environment } from './environment.js';
import type { EnvironmentVariable } from './manifest/model.js';
import { findKeyDoubt, findKeyMistake } from './mistakes/key-text.js';
import { isOwnNetwork } from './mistakes/own-network.js';
import { findSlip } from './nearest-name.js';

/** What is wrong with the environment, each as a sentence. */
export interface EnvironmentMistakes {
  /** The process does not start with them. */
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/** Names that begin so are ours, but for those that Kubernetes makes of a service called statsig-cdp. */
const OURS = /^STATSIG_CDP_(?!PORT(?:_|$)|SERVICE_(?:HOST|PORT))/i;

/** Characters with which a name has to begin one of ours to be taken for it. */
const LEAST_BEGINNING = 8;

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '';
}

/** The one of ours that a name stands for: a slip of the hand, `PUBLICPORT`, `OUTBOX_DIR`, `STATSIG_CDP_SETTINGS_DIR`. */
function meantBy(name: string, ours: readonly string[]): string | undefined {
  if (!name.includes('_')) return ours.find((each) => each.replaceAll('_', '') === name.toUpperCase());
  const longer = ours.filter((each) => each.startsWith(name.toUpperCase()));
  const begun = OURS.test(name) ? ours.find((each) => name.toUpperCase().startsWith(`${each}_`)) : undefined;
  const whole = name.length >= LEAST_BEGINNING && longer.length === 1 ? longer[0] : undefined;
  return findSlip(name, ours) ?? begun ?? whole;
}

function* nameMistakes(env: Environment, declared: readonly EnvironmentVariable[]) {
  const names = declared.map(({ name }) => name).filter((name) => name.includes('_'));
  for (const [name, value] of Object.entries(env)) {
    if (!isSet(value) || declared.some((variable) => variable.name === name)) continue;
    // A key of one's own may have a name like ours; the variable that is meant would be missing then.
    const meant = meantBy(
      name,
      names.filter((each) => !isSet(env[each])),
    );
    if (meant === undefined) continue;
    const isFault = OURS.test(name);
    yield { isFault, message: `${name} is no variable of this process. Did you mean ${meant}?` };
  }
}

/** Looks through the environment. @param env whose declared variables are as the manifest says */
export function findEnvironmentMistakes(
  env: Environment,
  declared: readonly EnvironmentVariable[],
): EnvironmentMistakes {
  const names = [...nameMistakes(env, declared)];
  const keys = declared.flatMap(({ name, secret }) => {
    const value = env[name];
    const mistake = secret && isSet(value) ? findKeyMistake(value.trim()) : undefined;
    return mistake === undefined ? [] : [`${name} ${mistake}.`];
  });
  const doubts = declared.flatMap(({ name, secret }) => {
    const value = env[name];
    return secret && isSet(value) && findKeyDoubt(value.trim()) !== undefined
      ? [`${name} looks like the name of a variable, and is taken for the token itself.`]
      : [];
  });
  const settings = env.STATSIG_CDP_SETTINGS?.trim() ?? '';
  const isOpenlySent =
    isSet(env.STATSIG_CDP_SETTINGS_TOKEN) &&
    /^http:\/\//i.test(settings) &&
    URL.canParse(settings) &&
    !isOwnNetwork(new URL(settings).hostname);
  return {
    faults: [...names.filter(({ isFault }) => isFault).map(({ message }) => message), ...keys],
    warnings: [
      ...names.filter(({ isFault }) => !isFault).map(({ message }) => message),
      ...doubts,
      ...(isOpenlySent ? ['STATSIG_CDP_SETTINGS sends the token unencrypted over the internet: write https://.'] : []),
    ],
  };
}
