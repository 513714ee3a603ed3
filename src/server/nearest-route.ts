// Guesses which route somebody meant who sends to a path that is none.

import type { IncomingHttpHeaders } from 'node:http';
import { type Route, stepsOf } from '../http/route.js';
import { findNearestName } from '../settings/nearest-name.js';

/** Longer paths are no slip of the hand. */
const MAX_LENGTH = 200;

/** As much of a request as tells what its sender is. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** What the headers, or a path such as rudder-server's, tell of the sender: the protocol that it speaks. `undefined` where they tell nothing. */
function protocolOf(
  { authorization = '', ...headers }: IncomingHttpHeaders,
  [, second = '']: readonly string[],
): string | undefined {
  if (/^(?:destinations|sources)$/i.test(second)) return 'rudderstack';
  if (headers['x-statsig-signature'] !== undefined) return 'statsig';
  if (headers['x-signature'] !== undefined || headers['x-statsig-cdp-secret'] !== undefined) return 'segment';
  if (/^bearer /i.test(authorization)) return 'segment';
  return /^basic /i.test(authorization) ? 'trackingApi' : undefined;
}

function isParameter(step: string): boolean {
  return step.startsWith(':');
}

/** The pattern with the steps of the path where it has parameters; `undefined` where one has more steps than the other. */
function fill(pattern: readonly string[], steps: readonly string[]): readonly string[] | undefined {
  if (pattern.length !== steps.length) return undefined;
  return pattern.map((step, index) => (isParameter(step) ? (steps[index] ?? '') : step));
}

interface Candidate {
  readonly route: Route;
  readonly path: string;
  readonly pattern: readonly string[];
}

/** The candidate that the steps are but for letter case. */
function findSame(steps: readonly string[], candidates: readonly Candidate[]): Candidate | undefined {
  const wanted = steps.join('/').toLowerCase();
  return candidates.find(({ pattern }) => fill(pattern, steps)?.join('/').toLowerCase() === wanted);
}

/** The candidate that is left when steps are taken away before it, as a proxy should have done, or behind it. */
function findWithin(steps: readonly string[], candidates: readonly Candidate[]): Candidate | undefined {
  for (let start = 1; start < steps.length; start += 1) {
    const found = findSame(steps.slice(start), candidates);
    if (found !== undefined) return found;
  }
  for (let end = steps.length - 1; end > 0; end -= 1) {
    const found = findSame(steps.slice(0, end), candidates);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The candidate whose version, which comes first, or whose parameter, which comes last, the path leaves out. */
function findAround(steps: readonly string[], candidates: readonly Candidate[]): Candidate | undefined {
  const shortened = candidates.flatMap((candidate) => {
    const { pattern } = candidate;
    const withoutFirst = pattern.slice(1);
    const withoutLast = isParameter(pattern.at(-1) ?? '') ? [pattern.slice(0, -1)] : [];
    return [withoutFirst, ...withoutLast]
      .filter((rest) => rest.some((step) => !isParameter(step)))
      .map((rest) => ({ ...candidate, pattern: rest }));
  });
  return findSame(steps, shortened);
}

function findMistyped(steps: readonly string[], candidates: readonly Candidate[]): Candidate | undefined {
  const filled = candidates.flatMap((candidate) => {
    const path = fill(candidate.pattern, steps)?.join('/');
    return path === undefined ? [] : [{ candidate, path }];
  });
  const nearest = findNearestName(
    steps.join('/'),
    filled.map(({ path }) => path),
  );
  return filled.find(({ path }) => path === nearest)?.candidate;
}

/** A route by one of its paths. */
interface NearestRoute {
  readonly protocol: string;
  readonly method: string;
  readonly path: string;
}

/**
 * The route that is nearest to a path: of the sender's own kind where the headers tell it. What is said depends on the request and the manifest alone.
 *
 * @param routes of which none has taken the request
 * @returns `undefined` where nothing is near and the kind of sender is not known, and for a route that leaves the request to others
 */
export function findNearestRoute({ method, path, headers }: Asked, routes: readonly Route[]): NearestRoute | undefined {
  const steps = path.length > MAX_LENGTH ? [] : stepsOf(path);
  const protocol = protocolOf(headers, steps);
  const candidates = routes
    .filter((route) => protocol === undefined || route.protocol === protocol)
    .flatMap((route) => route.paths.map((each): Candidate => ({ route, path: each, pattern: stepsOf(each) })));
  const hasItself = ({ route, pattern }: Candidate) =>
    route.method === method && fill(pattern, steps)?.join('/') === steps.join('/');
  if (candidates.some(hasItself)) return undefined;
  const found =
    findSame(steps, candidates) ??
    findAround(steps, candidates) ??
    findMistyped(steps, candidates) ??
    findWithin(steps, candidates) ??
    (protocol === undefined ? undefined : candidates.find(({ route }) => route.method === 'POST'));
  return found && { protocol: found.route.protocol, method: found.route.method, path: found.path };
}
