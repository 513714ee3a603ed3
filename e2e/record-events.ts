// One call of each type, made up, for every client: what its SDK makes of them is what is recorded.

/** Names of methods, and the messages that they are given. */
export const CALLS: readonly (readonly [method: string, message: object])[] = [
  ['identify', { userId: 'user-42', traits: { plan: 'pro', seats: 3 } }],
  [
    'track',
    {
      userId: 'user-42',
      event: 'Größe gewählt',
      properties: { revenue: 19.99, currency: 'EUR', express: true, cart: { items: 3 }, coupons: ['a', 'b'] },
    },
  ],
  ['page', { userId: 'user-42', name: 'Pricing', properties: { path: '/pricing' } }],
  ['screen', { userId: 'user-42', name: 'Checkout', properties: { step: 2 } }],
  ['group', { userId: 'user-42', groupId: 'company-9', traits: { seats: 5 } }],
  ['alias', { previousId: 'anon-7', userId: 'user-42' }],
];

/** How many of them are for Statsig: `identify` and `alias` are not. */
export const FOR_STATSIG = 4;
