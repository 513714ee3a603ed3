// Names the host of an address.

/** As in `https://api.segment.io`; text that is no address, which is told when a request is made of it, stands for itself. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
