// Events of every kind, with what has to become of them, written from docs/conversion.md.

import { VERSION } from '../src/base/version.js';
import type { SourceEvent } from './traffic.js';

const TIME = '2026-01-02T03:04:05.678Z';
const time = Date.parse(TIME);

/** Settings of the plugin's document that the expectations below build on. */
export const CONVERSION_SETTINGS = {
  identifierMappings: [{ from: 'anonymousId', to: 'stableID' }],
  environmentMappings: [{ from: 'test', to: 'development' }],
  excludeEvents: ['Heartbeat', 'page:Internal *'],
};

/** An event and the Statsig event that it has to become. */
export interface Conversion {
  readonly sent: SourceEvent;
  readonly expected: object;
}

/** One event or more of each type that is converted. */
export const CONVERSIONS: readonly Conversion[] = [
  {
    sent: {
      type: 'track',
      event: 'Order [Completed]',
      userId: 'user-track',
      anonymousId: 'anon-1',
      messageId: 'convert-track',
      timestamp: TIME,
      properties: {
        revenue: 19.99,
        currency: 'EUR',
        express: true,
        cart: { items: 3, 'ship.to': 'home' },
        coupons: ['a', 'b'],
        nothing: null,
        statsigCustomIDs: ['companyID', 'company-9'],
        statsigCustom: { plan: 'pro' },
        statsigEnvironment: { tier: 'test' },
      },
      context: {
        ip: '203.0.113.7',
        locale: 'en-US',
        userAgent: 'Example/1.0',
        app: { version: '2.1.0' },
        os: { name: 'iOS', version: '17' },
        traits: { email: 'ada@example.com' },
        location: { country: 'DE' },
      },
    },
    expected: {
      eventName: 'rudderstack::Order _Completed_',
      user: {
        userID: 'user-track',
        email: 'ada@example.com',
        ip: '203.0.113.7',
        userAgent: 'Example/1.0',
        country: 'DE',
        locale: 'en-US',
        appVersion: '2.1.0',
        customIDs: { companyID: 'company-9', stableID: 'anon-1' },
        custom: { plan: 'pro', os_name: 'iOS', os_version: '17' },
        statsigEnvironment: { tier: 'development' },
      },
      time,
      value: 19.99,
      metadata: {
        revenue: '19.99',
        currency: 'EUR',
        express: 'true',
        cart_items: '3',
        cart_ship_to: 'home',
        coupons: '["a","b"]',
      },
    },
  },
  {
    sent: {
      type: 'page',
      name: 'Pricing',
      category: 'Docs',
      userId: 'user-page',
      messageId: 'convert-page',
      timestamp: TIME,
      properties: { variant: 'b' },
      context: { page: { url: 'https://example.com/pricing', title: 'Pricing – Ünïcode' } },
    },
    expected: {
      eventName: 'rudderstack::page:Pricing',
      user: { userID: 'user-page' },
      time,
      metadata: {
        name: 'Pricing',
        category: 'Docs',
        variant: 'b',
        url: 'https://example.com/pricing',
        title: 'Pricing – Ünïcode',
      },
    },
  },
  {
    sent: { type: 'screen', name: 'Checkout', userId: 'user-screen', messageId: 'convert-screen', timestamp: TIME },
    expected: {
      eventName: 'rudderstack::screen:Checkout',
      user: { userID: 'user-screen' },
      time,
      metadata: { name: 'Checkout' },
    },
  },
  {
    sent: {
      type: 'group',
      groupId: 'group-1',
      userId: 'user-group',
      messageId: 'convert-group',
      timestamp: TIME,
      traits: { plan: 'team', seats: 5, email: 'team@example.com' },
    },
    expected: {
      eventName: 'rudderstack::group',
      user: { userID: 'user-group' },
      time,
      metadata: { groupId: 'group-1', plan: 'team', seats: '5', email: 'team@example.com' },
    },
  },
];

/** Events that are filtered, by the reason. */
export const FILTERED: Readonly<Record<string, SourceEvent>> = {
  identify_without_audience: {
    type: 'identify',
    userId: 'user-1',
    messageId: 'filter-identify',
    traits: { plan: 'pro' },
  },
  unsupported_type: { type: 'alias', userId: 'user-1', previousId: 'user-0', messageId: 'filter-alias' },
  loop: { type: 'track', event: 'statsig::config_exposure', userId: 'user-1', messageId: 'filter-loop' },
  event_excluded: { type: 'page', name: 'Internal tools', userId: 'user-1', messageId: 'filter-excluded' },
};

/** Events that are an error of their own, all by the reason `event_name_missing`. */
export const INVALID: readonly SourceEvent[] = [
  { type: 'track', event: '', userId: 'user-1', messageId: 'invalid-empty' },
  { type: 'track', userId: 'user-1', messageId: 'invalid-absent' },
  { type: 'track', event: '  ', userId: 'user-1', messageId: 'invalid-blank' },
];

/** What every log_event body says about its sender. */
export const STATSIG_METADATA = { sdkType: 'statsig-cdp', sdkVersion: VERSION };
