// Characters for strings that are tried at random.

import fc from 'fast-check';

const FIRST_HALF = 0xd800;
const HALVES = 0x800;
const LAST = 0x10ffff;

/** Without halves of characters. */
function characterUpTo(last: number): fc.Arbitrary<string> {
  return fc.nat(last < FIRST_HALF ? last : last - HALVES).map(
    (number) => String.fromCodePoint(number < FIRST_HALF ? number : number + HALVES),
    // So that names such as `__proto__` are tried, too.
    (character) => {
      const code = typeof character === 'string' ? (character.codePointAt(0) ?? 0) : Number.NaN;
      if (Number.isNaN(code) || character !== String.fromCodePoint(code)) throw new Error('not a character');
      return code < FIRST_HALF ? code : code - HALVES;
    },
  );
}

/** Any character, those of ASCII more often. As the unit `binary` of fast-check, which makes a table of them all first: that takes a second of processor time. */
export const anyCharacter: fc.Arbitrary<string> = fc.oneof(
  characterUpTo(0x7f),
  characterUpTo(0xffff),
  characterUpTo(LAST),
);
