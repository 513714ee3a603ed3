// Where Segment keeps the data of a workspace, and the addresses that it is reached at there.

/** Regions of Segment. */
export const REGIONS = ['us', 'eu'] as const;

export type Region = (typeof REGIONS)[number];

/** Addresses of a region, without a slash at their end. */
export interface RegionAddresses {
  /** Public API. */
  readonly apiUrl: string;
  /** HTTP Tracking API. */
  readonly trackingUrl: string;
}

/** Segment's documentation of regional endpoints. */
export const ADDRESSES: Readonly<Record<Region, RegionAddresses>> = {
  us: { apiUrl: 'https://api.segmentapis.com', trackingUrl: 'https://api.segment.io' },
  eu: { apiUrl: 'https://eu1.api.segmentapis.com', trackingUrl: 'https://events.eu1.segmentapis.com' },
};
