// Loaded into the process before it starts: every host name is this machine, so that no arbitrary request reaches the Internet.

import dns, { type LookupAddress } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

type Callback = (error: null, address: string | readonly LookupAddress[], family?: number) => void;

function lookup(host: string, options: unknown, callback?: Callback): void {
  const done = typeof options === 'function' ? (options as Callback) : callback;
  const isAll = typeof options === 'object' && options !== null && 'all' in options && options.all === true;
  // No program listens there on the ports of http and https.
  const address = isIP(host) === 0 ? '127.0.0.1' : host;
  const family = isIP(address);
  process.nextTick(() => {
    if (isAll) done?.(null, [{ address, family }]);
    else done?.(null, address, family);
  });
}

Object.assign(dns, { lookup });
syncBuiltinESMExports();
