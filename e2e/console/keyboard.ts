// Works a page by keys alone.

import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';

/** No page has more stops between two things that follow each other. */
const MOST_STEPS = 150;

/** Keys. */
export interface Keyboard {
  /** Goes to it by Tab. @throws where Tab does not come to it */
  to(target: Locator): Promise<void>;
  /** Goes to it by Tab and presses Enter. */
  enter(target: Locator): Promise<void>;
  /** Goes to it by Tab and writes over what is in it. */
  write(target: Locator, text: string): Promise<void>;
  /** Presses keys one after another: `ArrowDown`, `Escape`, `Control+a`. */
  press(...keys: readonly string[]): Promise<void>;
}

const isFocused = (target: Locator) => target.evaluate((element) => element === document.activeElement);

/** The keyboard of a page. */
export function keyboardOf(page: Page): Keyboard {
  const to = async (target: Locator) => {
    await target.waitFor();
    for (let step = 0; step < MOST_STEPS; step += 1) {
      if (await isFocused(target)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`Tab does not come to ${target}`);
  };
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  return {
    to,
    press,
    async enter(target) {
      await to(target);
      await press('Enter');
    },
    async write(target, text) {
      await to(target);
      await press('Control+a');
      await page.keyboard.type(text);
    },
  };
}
