// Joins the routes that the manifest declares with the code that serves them. What has no counterpart stops the start.

import type { ProtocolCode, Route, RouteCode } from '../http/route.js';
import { ManifestError } from '../settings/manifest/manifest-error.js';
import type { DeclaredRoute, Direction, Manifest, ProtocolRoutes } from '../settings/manifest/model.js';

/** The code of one protocol. */
export interface Protocol {
  readonly routes: ProtocolCode;
  /** Its answers are for rudder-server or operators: a route without an answer of its own for senders outside may only be on the private listener. */
  readonly isPrivate?: true;
}

/** The routes by listener, in the order of the manifest. */
export interface RouteTable {
  /** Of senders outside. PORT serves them too, as long as it may. */
  readonly ofSenders: readonly Route[];
  /** Of rudder-server and operators. */
  readonly private: readonly Route[];
  /** Paths that are served while the process stops. */
  readonly servedWhileDraining: ReadonlySet<string>;
}

/** A declared route with its code and its place in the manifest. */
interface Joined {
  readonly at: string;
  readonly declared: DeclaredRoute;
  readonly name: string;
  readonly protocol: ProtocolRoutes;
  readonly code: RouteCode;
}

function fail(path: string, problem: string, fix: string): never {
  throw new ManifestError({ path, problem, fix });
}

/** The value by its own name only: a protocol may be called `constructor`. */
function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function joinProtocol(name: string, protocol: ProtocolRoutes, { routes: code, isPrivate }: Protocol): Joined[] {
  const at = `protocols.${name}.routes`;
  const declared = new Set(protocol.routes.map((route) => route.name));
  const undeclared = Object.keys(code).find((each) => !declared.has(each));
  if (undeclared !== undefined)
    fail(at, `The route "${undeclared}" is served but not declared.`, `Declare it, or remove protocols.${name}.`);
  return protocol.routes.map((route, index): Joined => {
    const path = `${at}.${index}`;
    const found = own(code, route.name);
    if (found === undefined) {
      const names = Object.keys(code).join(', ');
      return fail(`${path}.name`, `Nothing serves the route "${route.name}".`, `Use one of ${names}.`);
    }
    const listener = route.listener ?? protocol.listener;
    if (isPrivate && listener !== 'private' && found.handleForSenders === undefined) {
      const where = route.listener === undefined ? `protocols.${name}.listener` : `${path}.listener`;
      fail(where, `The route "${route.name}" answers what no sender outside may read.`, 'Write private.');
    }
    assertParams(path, route, found.params ?? []);
    return { at: path, declared: route, name, protocol, code: found };
  });
}

/** The code reads parameters by their names. */
function assertParams(at: string, { path, aliases = [] }: DeclaredRoute, read: readonly string[]): void {
  for (const each of [path, ...aliases]) {
    const written = [...each.matchAll(/:(\w+)/g)].map(([, name]) => name);
    if (written.length === read.length && read.every((name) => written.includes(name))) continue;
    const needed = read.length === 0 ? 'no parameters' : read.map((name) => `:${name}`).join(', ');
    fail(`${at}.path`, `"${each}" has other parameters than the route reads.`, `Write a path with ${needed}.`);
  }
}

function assertOnce(joined: readonly Joined[]): void {
  const first = new Map<string, string>();
  for (const { at, declared } of joined) {
    for (const path of [declared.path, ...(declared.aliases ?? [])]) {
      const key = `${declared.method} ${path.replaceAll(/:\w+/g, ':')}`;
      const earlier = first.get(key);
      if (earlier !== undefined) fail(at, `${declared.method} ${path} is ${earlier} too.`, 'Give each its own path.');
      first.set(key, at);
    }
  }
}

/** Whether each request of the later path is one of the earlier path, too. */
function isShadowed(earlier: string, later: string): boolean {
  const [asked, wanted] = [earlier.split('/'), later.split('/')];
  return asked.length === wanted.length && asked.every((part, index) => part.startsWith(':') || part === wanted[index]);
}

/** Of two routes the first that fits serves; one port may serve them all. */
function assertReached(joined: readonly Joined[]): void {
  const seen: { readonly path: string; readonly method: string; readonly at: string }[] = [];
  for (const { at, declared } of joined) {
    const { method } = declared;
    for (const path of [declared.path, ...(declared.aliases ?? [])]) {
      const earlier = seen.find((each) => each.method === method && isShadowed(each.path, path));
      if (earlier !== undefined)
        fail(
          at,
          `${method} ${path} is never reached: ${earlier.path} of ${earlier.at} takes it.`,
          'Give it another path.',
        );
      seen.push({ path, method, at });
    }
  }
}

function toRoute({ name, declared: { method, path, aliases = [] }, code }: Joined, forSenders: boolean): Route {
  const { handleForSenders } = code;
  const isOther = forSenders && handleForSenders !== undefined;
  return {
    protocol: name,
    method,
    paths: [path, ...aliases],
    code: isOther ? { ...code, handle: handleForSenders } : code,
  };
}

/**
 * The routes that the manifest declares, each with its code. A protocol that is not declared has no routes, nor has a direction.
 *
 * @param protocols the code, by the names of protocols
 * @throws ManifestError for the first route without code, code without a route, and a route that its code cannot serve as declared
 */
export function createRouteTable(manifest: Manifest, protocols: Readonly<Record<string, Protocol>>): RouteTable {
  const joined = Object.entries(manifest.protocols).flatMap(([name, protocol]) => {
    const code = own(protocols, name);
    if (code !== undefined) return joinProtocol(name, protocol, code);
    const names = Object.keys(protocols).join(', ');
    return fail(`protocols.${name}`, 'Nothing serves this protocol.', `Use one of ${names}.`);
  });
  assertOnce(joined);
  assertReached(joined);
  const isServed = (direction: Direction | undefined) =>
    direction === undefined || manifest.directions.includes(direction);
  const served = joined.filter(({ declared, protocol }) => isServed(declared.direction ?? protocol.direction));
  const on = (...listeners: readonly string[]) =>
    served.filter(({ declared, protocol }) => listeners.includes(declared.listener ?? protocol.listener));
  return {
    ofSenders: on('public', 'both').map((each) => toRoute(each, true)),
    private: on('private', 'both').map((each) => toRoute(each, false)),
    servedWhileDraining: new Set(
      served.flatMap(({ declared: { path, aliases = [] }, code }) =>
        code.isServedWhileDraining ? [path, ...aliases] : [],
      ),
    ),
  };
}
