// Refuses an upstream address that is plainly this process's own: each request would come back here, and be sent on again.

import { hostname, networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { type ProcessSettings, ProcessSettingsError } from '../settings/process.js';
import { readUpstreamUrl } from '../sources/rudderstack/upstream-url.js';

const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** A name or an address in one spelling: an IPv4 address that is written as IPv6 (`::ffff:127.0.0.1`) is the IPv4 address. */
function plain(host: string): string {
  const lower = host.toLowerCase().replace(/\.$/, '');
  if (lower.endsWith('.localhost')) return 'localhost';
  return ipaddr.isValid(lower) ? ipaddr.process(lower).toString() : lower;
}

/** Everything that leads to a listener on all interfaces, as far as this machine knows without asking others. */
function namesOfThisMachine(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
  return [...LOOPBACK, ...ANY, hostname(), ...addresses].map(plain);
}

/** @param host that a listener has; `undefined` for all interfaces */
function leadsTo(target: string, host: string | undefined): boolean {
  if (host === undefined || ANY.has(host)) return target.startsWith('127.') || namesOfThisMachine().includes(target);
  const own = plain(host);
  return (
    target === own ||
    (LOOPBACK.includes(own) && LOOPBACK.includes(target)) ||
    (ANY.has(target) && LOOPBACK.includes(own))
  );
}

/**
 * What a name service or a proxy leads back here is found by `Via` when a request comes.
 *
 * @throws ProcessSettingsError
 */
export function assertUpstreamElsewhere({
  upstreamUrl,
  ...settings
}: Pick<ProcessSettings, 'upstreamUrl' | 'port' | 'host' | 'publicPort' | 'publicHost'>): void {
  if (upstreamUrl === undefined) return;
  const { protocol, hostname: target, port: written } = readUpstreamUrl(upstreamUrl);
  const port = written === '' ? DEFAULT_PORTS[protocol] : Number(written);
  const listeners = [
    { name: 'PORT', port: settings.port, host: settings.host },
    { name: 'PUBLIC_PORT', port: settings.publicPort, host: settings.publicHost },
  ];
  const own = listeners.find((listener) => listener.port === port && leadsTo(plain(target), listener.host));
  if (own !== undefined)
    throw new ProcessSettingsError(
      `UPSTREAM_TRANSFORMER_URL leads back to this process, which listens on ${own.name}=${port}: enter the address of the stock transformer, or remove it.`,
    );
}
