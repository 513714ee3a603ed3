// Names the place settings come from, for people.

/** True for the URL of a config service; anything else is a path. */
export function isServiceUrl(location: string): boolean {
  return /^https?:\/\//i.test(location);
}

/** The location as it may be printed: a URL without credentials, query and fragment, any of which may hold a secret. */
export function describeLocation(location: string): string {
  if (!isServiceUrl(location)) return location;
  if (!URL.canParse(location)) return 'the settings URL';
  const { origin, pathname } = new URL(location);
  return origin + pathname;
}
