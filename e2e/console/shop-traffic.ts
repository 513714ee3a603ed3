// A made-up shop: what its senders send in a while, so that pictures show what a day looks like.

import { PLACE } from './place.js';
import type { ConsoleRig } from './rig.js';

const NAMES = [
  'Product Viewed',
  'Product Viewed',
  'Product Viewed',
  'Product Added',
  'Cart Viewed',
  'Checkout Started',
];
const PRODUCTS = ['Trail shoe', 'Rain jacket', 'Head lamp', 'Water bottle', 'Wool socks'];
const PAGES = ['Home', 'Category', 'Product', 'Pricing'];

const pick = <Item>(items: readonly Item[], number: number): Item => items[number % items.length] as Item;

let made = 0;

/** Fields of each message. */
function common(number: number): object {
  made += 1;
  return {
    userId: number % 3 === 0 ? undefined : `user-${1_000 + (number % 214)}`,
    anonymousId: `a1b2-${(7_919 * (number % 307)).toString(16)}`,
    messageId: `shop-${made}`,
    timestamp: new Date().toISOString(),
    context: {
      groupId: `company-${number % 17}`,
      locale: 'en-GB',
      app: { version: '4.12.0' },
      page: { path: `/p/${number % 90}` },
    },
  };
}

function event(number: number): object {
  const product = pick(PRODUCTS, number);
  if (number % 7 === 0) return { ...common(number), type: 'page', name: pick(PAGES, number) };
  if (number % 11 === 0) return { ...common(number), type: 'track', event: 'Heartbeat' };
  if (number % 13 === 0) {
    const properties = { revenue: 19.99 + (number % 80), currency: 'EUR', order_id: `o-${number}`, product };
    return {
      ...common(number),
      userId: `user-${1_000 + (number % 214)}`,
      type: 'track',
      event: 'Order Completed',
      properties,
    };
  }
  return {
    ...common(number),
    type: 'track',
    event: pick(NAMES, number),
    properties: { product, price: 9.5 + (number % 60) },
  };
}

const OTHER_AUDIENCE = 'newsletter_readers';

function audience(number: number): object {
  const key = number % 2 === 0 ? PLACE.audience : OTHER_AUDIENCE;
  const context = { personas: { computation_class: 'audience', computation_key: key } };
  return { ...common(number), type: 'identify', userId: `user-${1_000 + number}`, traits: { [key]: true }, context };
}

const exposure = (number: number): object => ({
  eventName: 'statsig::experiment_exposure',
  user: { userID: `user-${1_000 + number}` },
  userID: `user-${1_000 + number}`,
  timestamp: String(Date.now()),
  metadata: { config: 'checkout_button', ruleID: 'rule-green', experimentGroupName: 'Green' },
  timeUUID: `6f1b2a10-e788-11f0-8000-${String(number).padStart(12, '0')}`,
  unitID: 'userID',
});

/** Settings of the shop beside the rig's. */
export const SHOP_SETTINGS = {
  excludeEvents: ['Heartbeat'],
  identifierMappings: [
    { from: 'anonymousId', to: 'segmentAnonymousId' },
    { from: 'context.groupId', to: 'companyID' },
  ],
};

/** Statsig is away for a moment, and takes no orders with a currency that it does not know. */
function misbehave({ statsig, rudderstack }: ConsoleRig): void {
  let away = 2;
  statsig.answerBy(({ path, text }) => {
    if (!path.startsWith('/v1/log_event')) return undefined;
    if (text.includes('"EURO"')) return { status: 400, body: { error: 'Invalid currency' } };
    if (!text.includes('Checkout Started') || away === 0) return undefined;
    away -= 1;
    return { status: 503, body: { error: 'Service unavailable' } };
  });
  let refusals = 2;
  rudderstack.answerBy(() => {
    refusals -= 1;
    return refusals < 0 ? undefined : { status: 400, body: 'Invalid write key' };
  });
}

/** Sends for so many rounds, each with some twenty events and with what goes wrong in a shop now and then. */
export async function playShop(rig: ConsoleRig, rounds: number, pauseMs: number): Promise<void> {
  const { send, statsig } = rig;
  statsig.makeList(OTHER_AUDIENCE);
  misbehave(rig);
  for (let round = 0; round < rounds; round += 1) {
    const from = round * 20;
    await send.sdk(Array.from({ length: 12 + (round % 5) }, (_, index) => event(from + index)));
    for (let one = 0; one < 3; one += 1) await send.segment(event(from + 16 + one));
    if (round % 4 === 1) await send.segment(event(from + 19), 'the-secret-of-last-year');
    if (round % 3 === 0) await send.segment(audience(round));
    if (round % 3 === 1) await send.statsig([exposure(round), exposure(round + 40)]);
    if (round === 5) await send.segment({ ...common(1), type: 'track' });
    if (round % 10 === 6) {
      const properties = { revenue: 49.99, currency: 'EURO' };
      await send.segment({
        ...common(round),
        userId: `user-${round}`,
        type: 'track',
        event: 'Order Completed',
        properties,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
