// Events as they come out of Segment's pipeline: what an SDK has sent, with what Segment adds. All of it is made up.

const PARTS: Readonly<Record<string, object>> = {
  identify: { traits: { plan: 'pro', seats: 3 } },
  track: {
    event: 'Größe gewählt',
    properties: { revenue: 19.99, currency: 'EUR', express: true, cart: { items: 3 }, coupons: ['a', 'b'], note: null },
  },
  page: { name: 'Pricing', properties: { path: '/pricing', title: 'What it "costs" – \u2028 & more' } },
  screen: { name: 'Checkout', properties: { step: 2 } },
  group: { groupId: 'company-9', traits: { seats: 5 } },
  alias: { previousId: 'anon-7' },
};

const TIME = '2026-01-02T03:04:05.678Z';

/**
 * @param id what makes their `messageId`s differ from those of others
 * @param types default: one of each
 */
export function segmentEvents(id: string, types: readonly string[] = Object.keys(PARTS)): readonly object[] {
  return types.map((type) => ({
    ...{ anonymousId: 'anon-7', channel: 'server' },
    context: { ip: '203.0.113.1', library: { name: 'analytics-node', version: '3.1.0' }, locale: 'de-DE' },
    ...{ integrations: {}, messageId: `message-${id}-${type}`, originalTimestamp: TIME },
    ...PARTS[type],
    ...{ receivedAt: TIME, sentAt: TIME, timestamp: TIME, type, userId: 'user-42', version: 2 },
  }));
}
