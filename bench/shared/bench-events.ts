// The events of the benchmark of the shared outbox: what Statsig takes, some 890 bytes each, with ids that no one can guess.

import { randomUUID } from 'node:crypto';
import { STATSIG_TARGET } from '../../src/outbox/lane-id.js';
import type { OutboxEvent } from '../../src/outbox/outbox.js';

/** As many people send them. */
const PEOPLE = 100_000;

const REST = JSON.stringify({
  statsigMetadata: { sdkType: 'statsig-cdp', sdkVersion: '1.0.0', languageVersion: 'node' },
  page: { path: '/checkout/done', url: 'https://shop.example/checkout/done?step=4', title: 'Thank you for your order' },
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  products: 'sku-10293,sku-88231,sku-33412,sku-99120,sku-22010,sku-77012',
  campaign: { source: 'newsletter', medium: 'email', name: 'spring', content: 'header', term: 'gate' },
  locale: 'en-GB',
  timezone: 'Europe/Vienna',
  revenue: 49.95,
  currency: 'EUR',
  coupon: 'SPRING',
  plan: 'pro',
}).slice(1, -1);

/** Name of the workspace of a lane. */
export function workspaceOf(lane: number): string {
  return `bench-${lane}`;
}

/** Name of a person. */
export function personOf(number: number): string {
  return `person-${number % PEOPLE}`;
}

/** Of these one belongs to each person in turn. */
export function makeEvents(lane: number, count: number, first: number): readonly OutboxEvent[] {
  const acceptedAt = Date.now();
  return Array.from({ length: count }, (_, index) => {
    const messageId = randomUUID();
    const person = personOf(first + index);
    const payload = `{"eventName":"Order Completed","user":{"userID":"${person}","customIDs":{"anonymousId":"${messageId}"}},"time":${acceptedAt},"value":${first + index},"metadata":{"messageId":"${messageId}",${REST}}}`;
    return {
      workspaceId: workspaceOf(lane),
      target: STATSIG_TARGET,
      messageId,
      origin: 'bench',
      payload,
      person,
      acceptedAt,
    };
  });
}
