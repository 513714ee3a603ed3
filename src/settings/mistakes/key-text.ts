// Finds keys that are none: a reference in another program's writing, a placeholder, quotes that came along.

/** What a person wrote, and what is wrong with it. */
const MISTAKES: readonly (readonly [RegExp, string])[] = [
  [/^(["'`]).*\1$/, 'stands in quotes, which are taken for a part of the key: remove them'],
  [/^["'`]|["'`]$/, 'begins or ends with a quote, which is taken for a part of the key: remove it'],
  [
    /^\$\{.*\}$|^\$\(.*\)$|^\$[A-Z_][A-Z0-9_]*$|^%[A-Z_][A-Z0-9_]*%$|^process\.env\b/,
    'names a variable in a form that is not replaced here: write env:NAME',
  ],
  [/\{\{|\}\}/, 'is a template that was not filled in: write the key, or env:NAME'],
  [/^<.*>$|\.\.\.$|…$|x{6,}$|^change[-_ ]?me$/i, 'is a placeholder: write the key, or env:NAME'],
  [
    /^(env|file)\s*[=:]|^env\.[A-Z_]/i,
    'looks like a reference: write env:NAME or file:PATH, in small letters and without blanks',
  ],
];

/** What is wrong with a key's text; `undefined` for one that may be a key. */
export function findKeyMistake(text: string): string | undefined {
  return MISTAKES.find(([pattern]) => pattern.test(text))?.[1];
}

/** Names of variables are written so, and keys are not. */
const VARIABLE_NAME = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

/** What may be wrong with a key's text, which may be a key all the same: it is not repeated. */
export function findKeyDoubt(text: string): string | undefined {
  return VARIABLE_NAME.test(text)
    ? 'looks like the name of a variable, and is taken for the key itself: write env:NAME where a variable holds it'
    : undefined;
}
