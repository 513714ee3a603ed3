// Takes events as Statsig does, as fast as they come.

import { serve } from '../../testkit/loopback.js';

/** Answers each request that it has them. */
export function serveSink() {
  return serve((request, response) => {
    request.resume().on('end', () => response.writeHead(202).end('{"success":true}'));
  });
}
