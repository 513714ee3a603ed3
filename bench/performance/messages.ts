// Makes the messages of the speed benchmark: about 2 KB of JSON each, of every type, as SDKs and rudder-server write them.

import type { Random } from '../../testkit/random.js';

/** Stands where each request gets fresh ids: twelve digits, which are a number of JSON as well. */
export const ID_MARK = '777777777777';

/** Event types, as often as they come. */
export const MIXES = {
  /** All that rudder-server sends. */
  mixed: { track: 10, page: 4, screen: 2, group: 1, identify: 2, alias: 1 },
  /** Those that become Statsig events. */
  converted: { track: 10, page: 4, screen: 2, group: 1 },
} as const;

/** An event type of the benchmark. */
export type MessageType = keyof typeof MIXES.mixed;

/** A message. */
export type Message = Record<string, unknown> & { readonly type: MessageType };

const EVENTS = ['Order Completed', 'Product Added', 'Checkout Started', 'Coupon Applied', 'Search Performed'];
const PAGES = ['Home', 'Pricing', 'Checkout', 'Account', 'Help'];
const CITIES = ['Vienna', 'Graz', 'Linz', 'Salzburg', 'Innsbruck'];

function pick(random: Random, texts: readonly string[]): string {
  return texts[random.whole(0, texts.length - 1)] ?? '';
}

function makeTraits(random: Random): object {
  return {
    email: `person-${ID_MARK}@shop.example`,
    firstName: 'Ada',
    lastName: 'Example',
    plan: pick(random, ['free', 'pro', 'team']),
    createdAt: '2025-03-04T05:06:07.000Z',
    logins: random.whole(1, 500),
    address: { city: pick(random, CITIES), country: 'AT', postalCode: String(random.whole(1000, 9990)) },
  };
}

function makeContext(random: Random, page: string): object {
  const path = `/${page.toLowerCase()}/${random.whole(1, 9_999)}`;
  return {
    app: { name: 'shop-web', version: `2.${random.whole(0, 40)}.1`, build: '2041', namespace: 'example.shop.web' },
    campaign: { name: 'spring-sale', source: 'newsletter', medium: 'email', content: 'header' },
    device: { id: `device-${ID_MARK}`, manufacturer: 'Example', model: 'Phone 9', type: 'mobile' },
    ip: `203.0.113.${random.whole(1, 254)}`,
    library: { name: 'RudderLabs JavaScript SDK', version: '3.7.2' },
    locale: 'en-GB',
    network: { bluetooth: false, carrier: 'Example Mobile', cellular: true, wifi: false },
    os: { name: 'Android', version: '15' },
    page: {
      path,
      referrer: 'https://www.example.org/search',
      search: '?ref=spring',
      title: page,
      url: `https://shop.example${path}?ref=spring`,
    },
    screen: { density: 3, height: 2340, width: 1080 },
    sessionId: random.whole(1_700_000_000, 1_800_000_000),
    timezone: 'Europe/Vienna',
    traits: makeTraits(random),
    userAgent:
      'Mozilla/5.0 (Linux; Android 15; Phone 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Mobile Safari/537.36',
  };
}

function makeProduct(random: Random): object {
  return {
    product_id: `product-${random.whole(1, 999)}`,
    name: 'Wooden chair',
    category: 'Furniture',
    price: random.whole(100, 9_999) / 100,
    quantity: random.whole(1, 5),
  };
}

function makeProperties(random: Random): object {
  return {
    order_id: `order-${ID_MARK}`,
    revenue: random.whole(100, 99_999) / 100,
    shipping: 4.9,
    currency: 'EUR',
    coupon: 'SPRING',
    affiliation: 'Shop Example',
    payment_method: pick(random, ['card', 'invoice', 'transfer']),
    is_gift: random.chance(0.2),
    cart: { size: random.whole(1, 9), weight_kg: random.whole(1, 400) / 10 },
    products: [makeProduct(random), makeProduct(random)],
  };
}

function ownFields(type: MessageType, random: Random, page: string): object {
  switch (type) {
    case 'track':
      return { event: pick(random, EVENTS), properties: makeProperties(random) };
    case 'page':
    case 'screen':
      return { name: page, category: 'Shop', properties: { name: page, section: 'main', ...makeProperties(random) } };
    case 'group':
      return {
        groupId: `group-${ID_MARK}`,
        traits: { name: 'Example Ltd', employees: random.whole(1, 900), industry: 'Retail' },
      };
    case 'identify':
      return { traits: makeTraits(random) };
    case 'alias':
      return { previousId: `visitor-${ID_MARK}` };
  }
}

/** A message with `ID_MARK` in all its ids. ASCII only: its bytes are its characters. */
export function makeMessage(random: Random, type: MessageType): Message {
  const at = new Date().toISOString();
  const page = pick(random, PAGES);
  return {
    anonymousId: `anonymous-0000-4000-8000-${ID_MARK}`,
    channel: 'web',
    context: makeContext(random, page),
    integrations: { All: true },
    messageId: `00000000-0000-4000-8000-${ID_MARK}`,
    originalTimestamp: at,
    receivedAt: at,
    request_ip: '203.0.113.9',
    rudderId: `11111111-0000-4000-8000-${ID_MARK}`,
    sentAt: at,
    timestamp: at,
    type,
    userId: `user-${ID_MARK}`,
    ...ownFields(type, random, page),
  };
}

/** Messages that no converter takes: each lacks its type, or a track its name, and is as long as the others otherwise. */
export function spoil(message: Message, index: number): object {
  if (index % 2 === 0) return { ...message, type: undefined, kind: message.type };
  return { ...message, type: 'track', event: undefined, name: undefined, title: 'Order Completed' };
}
