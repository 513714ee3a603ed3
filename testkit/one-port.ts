// Environment of a process that is run on loopback for its own sake.

/** Everything on one port, unless two are asked for: most of what is run looks at what a route does, not at who reaches it. */
export function onePort(environment: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return environment.PUBLIC_PORT === undefined ? { SINGLE_PORT: 'true', ...environment } : environment;
}
