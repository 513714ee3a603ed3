// Names the host of an address.

/** As in `https://api.segment.io`. @param url valid, as the settings are */
export function hostOf(url: string): string {
  return new URL(url).origin;
}
