// What attackers write, and what it would leave behind in a page that took it for more than a string.

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

/** Made for this: each would be seen if a page took it for more than a string. */
export const HOSTILE_STRINGS = JSON.parse(
  readFileSync(new URL('e2e/console/hostile-strings.json', import.meta.resolve('statsig-cdp/package.json')), 'utf8'),
) as readonly string[];

/** What strings would leave behind if they were more than strings: elements of theirs, or a mark of a script. */
export const traces = (page: Page) =>
  page.evaluate(() => ({
    elements: [
      ...document.querySelectorAll(
        '[data-hostile], #app iframe, #app script, #app object, #app embed, #app svg:not(.icon), #app base, #app style',
      ),
    ].map((element) => element.outerHTML.slice(0, 200)),
    ran: (window as unknown as { hostile?: unknown }).hostile !== undefined,
    handlers: [...document.querySelectorAll('#app *')].filter((element) =>
      element.getAttributeNames().some((name) => name.startsWith('on')),
    ).length,
    links: [...document.querySelectorAll<HTMLAnchorElement>('#app a')].filter(
      ({ protocol }) => !/^https?:$|^blob:$/.test(protocol),
    ).length,
  }));

/** Nothing. */
export const CLEAN = { elements: [], ran: false, handlers: 0, links: 0 };
