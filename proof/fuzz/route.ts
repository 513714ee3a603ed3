// What the fuzzer knows of one route.

import type { ErrorCode } from '../../src/base/errors.js';
import { isJsonObject } from '../../src/model/segment-event.js';
import type { Shape } from './rudderstack-answers.js';
import type { SampleKind } from './samples.js';
import type { Expected } from './verdict.js';
import type { ProofKind } from './workspaces.js';

/** One route. */
export interface FuzzRoute extends Expected {
  /** Method and path as the manifest writes them. */
  readonly route: string;
  readonly method: string;
  /** Paths by which it is called. */
  readonly targets: readonly string[];
  readonly samples: SampleKind | readonly unknown[];
  readonly proof?: ProofKind;
  /** How often it is called, against the others. */
  readonly weight: number;
}

/** What can be wrong with any body. */
export const BODY_CODES: readonly ErrorCode[] = [
  'BODY_EMPTY',
  'BODY_NOT_JSON',
  'BODY_TOO_DEEP',
  'BODY_TOO_LARGE',
  'BODY_INCOMPLETE',
  'ENCODING_UNSUPPORTED',
  'ENCODING_BROKEN',
];

/** What a route is made of; the method and the first path come from its name. */
export type RouteParts = Omit<FuzzRoute, 'method' | 'targets'> & { readonly targets?: readonly string[] };

/** A route; every one that takes a body may say what is wrong with it. */
export function route({ codes, ...parts }: RouteParts): FuzzRoute {
  const [method = '', path = ''] = parts.route.split(' ');
  return { targets: [path], ...parts, method, codes: method === 'POST' ? [...BODY_CODES, ...codes] : codes };
}

/** Any object. */
export const objectShape: Shape = (answer) => (isJsonObject(answer) ? undefined : 'no object');
