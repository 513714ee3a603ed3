// Makes the events that Statsig's webhook posts in the speed benchmark: custom events and exposures, each of a user of its own.

import type { Random } from '../../testkit/random.js';
import { ID_MARK } from './messages.js';

function makeUser(random: Random): object {
  return {
    userID: `user-${ID_MARK}`,
    email: `person-${ID_MARK}@shop.example`,
    ip: `203.0.113.${random.whole(1, 254)}`,
    country: 'AT',
    locale: 'en-GB',
    appVersion: `2.${random.whole(0, 40)}.1`,
    userAgent:
      'Mozilla/5.0 (Linux; Android 15; Phone 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Mobile Safari/537.36',
    custom: { plan: 'pro', logins: random.whole(1, 500), browser_name: 'Chrome', os_name: 'Android' },
    customIDs: { stableID: `stable-${ID_MARK}`, companyID: `company-${random.whole(1, 900)}` },
    statsigEnvironment: { tier: 'production' },
  };
}

const EXPOSURE = { gate: 'new_checkout', gateValue: 'true', ruleID: '4hExampleRule00000001', reason: 'Network' };

function purchase(random: Random): object {
  return {
    order_id: `order-${ID_MARK}`,
    currency: 'EUR',
    coupon: 'SPRING',
    affiliation: 'Shop Example',
    payment_method: 'card',
    items: String(random.whole(1, 9)),
    page_url: 'https://shop.example/checkout/done?ref=spring',
    page_title: 'Thank you',
  };
}

/** An event with `ID_MARK` in all its ids, in the shape of Statsig's documentation (Generic Webhook). */
export function makeWebhookEvent(random: Random): object {
  const isExposure = random.chance(0.3);
  return {
    eventName: isExposure ? 'statsig::gate_exposure' : 'Order Completed',
    user: makeUser(random),
    userID: `user-${ID_MARK}`,
    unitID: 'userID',
    timestamp: Date.now(),
    timeUUID: `22222222-0000-4000-8000-${ID_MARK}`,
    ...(isExposure ? {} : { value: String(random.whole(100, 99_999) / 100) }),
    metadata: isExposure ? EXPOSURE : purchase(random),
    statsigMetadata: {
      sdkType: 'javascript-client',
      sdkVersion: '3.18.2',
      sessionID: `33333333-0000-4000-8000-${ID_MARK}`,
      languageVersion: '20',
    },
  };
}
