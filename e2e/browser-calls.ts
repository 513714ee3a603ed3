// One call of each type, as a page makes them, and what has to become of them by docs/conversion.md.

import type { Report } from './browser-page.js';

const TIMESTAMP = new Date(Date.now() - 3_600_000).toISOString();

/** When all calls happened, by their own word: milliseconds since the epoch. */
export const HAPPENED_MS = Date.parse(TIMESTAMP);

/** Settings of the plugin's document that the expectations build on. */
export const CONVERSION_SETTINGS = { identifierMappings: [{ from: 'anonymousId', to: 'stableID' }] };

const ANONYMOUS_ID = 'browser-1';
const options = { timestamp: TIMESTAMP, anonymousId: ANONYMOUS_ID };

/** The six types. What comes after `identify` goes out with the user that it named. */
export const CALLS: readonly (readonly unknown[])[] = [
  ['page', 'Docs', 'Pricing', { variant: 'b' }, options],
  ['identify', 'user-42', { plan: 'pro' }, options],
  [
    'track',
    'Order [Completed]',
    {
      revenue: 19.99,
      currency: 'EUR',
      cart: { items: 3, 'ship.to': 'home' },
      coupons: ['a', 'b'],
      statsigCustomIDs: ['companyID', 'company-9'],
    },
    options,
  ],
  ['screen', 'Checkout', { step: 2 }, options],
  ['group', 'company-7', { seats: 5 }, options],
  ['alias', 'user-43', 'user-42', options],
];

/** What the plugin has to count when each has come once. */
export const COUNTED = {
  received: 6,
  converted: 4,
  'filtered identify_without_audience': 1,
  'filtered unsupported_type': 1,
};

/**
 * What has to arrive at Statsig, without the times, in the order of their names.
 *
 * @param resent true when no call came through at once. The SDK then sends an anonymous call as the user who has been named since
 */
export function expectedEvents({ page }: Report, resent: boolean): readonly object[] {
  const user = { userAgent: page.userAgent, locale: page.locale };
  const stable = { stableID: ANONYMOUS_ID };
  const known = { userID: 'user-42', customIDs: stable, ...user };
  const { url, path, title } = page;
  return [
    {
      eventName: 'segment::Order _Completed_',
      value: 19.99,
      user: { ...known, customIDs: { companyID: 'company-9', ...stable } },
      metadata: { revenue: '19.99', currency: 'EUR', cart_items: '3', cart_ship_to: 'home', coupons: '["a","b"]' },
    },
    { eventName: 'segment::group', user: known, metadata: { groupId: 'company-7', seats: '5' } },
    {
      eventName: 'segment::page:Pricing',
      user: resent ? known : { customIDs: stable, ...user },
      metadata: { name: 'Pricing', category: 'Docs', variant: 'b', path, referrer: '', search: '', title, url },
    },
    {
      eventName: 'segment::screen:Checkout',
      user: known,
      metadata: { name: 'Checkout', step: '2', url, path, referrer: '', title },
    },
  ];
}
