// Tries bodies of Statsig's event webhook. Windows of exposures are not applied: they depend on what was sent before.

import { decideOutbound } from '../../ingest/outbound-line.js';
import { describeInvalid } from '../result-words.js';
import { unpackBody } from '../statsig/unpack.js';
import type { Tester, TesterDeps } from './source-tester.js';
import { tried } from './tried.js';

export function createStatsigTester({ compiler, chosen, show, now }: TesterDeps): Tester {
  const outbound = compiler.compileOutbound(chosen());
  return {
    *tryBody(body) {
      const receivedAt = now();
      for (const event of unpackBody(body))
        yield tried({
          workspaceId: outbound.workspaceId,
          decide: (trace) => decideOutbound(event, outbound, 'targets', receivedAt, trace),
          word: (invalid) => describeInvalid(invalid, 'BODY_NOT_STATSIG_EVENTS'),
          show,
        });
    },
  };
}
