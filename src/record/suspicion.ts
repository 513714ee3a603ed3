// Finds what still looks like a secret after everything that is known has been replaced.

/** Secrets that say what they are. */
const KNOWN: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/-----BEGIN [A-Z ]*(?:KEY|CERTIFICATE)/, 'a PEM block'],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}/, 'a JSON Web Token'],
  [/\b(?:secret|console|client)-(?!example)(?=\w*\d)\w{8,}/, "a key of Statsig's"],
  [/\b(?:sk|pk|rk)_(?:live|test)_\w{8,}/, 'an API key'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/, 'an access key of AWS'],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|npm_|hf_|xox[abeoprs]-|sk-)[\w-]{10,}/, 'an access token'],
  [/\bAIza[\w-]{30,}/, 'an API key of Google'],
  [/\bBearer [\w.~+/-]{8,}/, 'a bearer token'],
  [/:\/\/[^\s/:@?#{}]+:[^\s/@?#{}]+@/, 'a password in an address'],
  [/(?<![\da-f])[\da-f]{32,}(?![\da-f])/i, 'a long number in hexadecimal'],
];

/** As long as no word is. Base64 and its form for addresses are made of these. */
const RUN = /[A-Za-z0-9+/_=-]{20,}/g;

/** Words are in one case mostly; drawn at random, two thirds of the characters have neighbours of another class. */
const MIN_CHANGES = 0.42;

/** In a word, digits stand together; drawn at random, they stand everywhere. */
const MIN_DIGIT_GROUPS = 3;
const MIN_WORD = 14;

function classOf(character: string): number {
  if (character >= '0' && character <= '9') return 1;
  return character >= 'a' ? 2 : 3;
}

function isMixed(letters: string): boolean {
  let changes = 0;
  for (let at = 1; at < letters.length; at += 1)
    if (classOf(letters[at] ?? '') !== classOf(letters[at - 1] ?? '')) changes += 1;
  return changes / (letters.length - 1) >= MIN_CHANGES;
}

function hasScatteredDigits(word: string): boolean {
  const groups = word.match(/\d+/g)?.length ?? 0;
  return word.length >= MIN_WORD && /[A-Za-z]/.test(word) && groups >= MIN_DIGIT_GROUPS;
}

function isRandom(run: string): boolean {
  const words = run.split(/[^A-Za-z0-9]+/);
  const letters = words.join('');
  return letters.length >= 20 && (isMixed(letters) || words.some(hasScatteredDigits));
}

/** A UUID as the recorder writes them; others were replaced. */
const NUMBERED_UUID = /0{8}-0{4}-4000-8000-\d{12}/g;

const PLACEHOLDER = /\{\{[^{}]*\}\}/g;

const BASIC = /\bBasic ([A-Za-z0-9+/_-]{4,}={0,2})/gi;

/** Words behind `Basic` are no base64 of `KEY:`. */
function holdsBasic(text: string): boolean {
  return [...text.matchAll(BASIC)].some(([, inner = '']) => Buffer.from(inner, 'base64').toString().includes(':'));
}

/** Text that base64 holds, as far as it is text. */
function decoded(run: string): string | undefined {
  const text = Buffer.from(run, 'base64').toString();
  return text.length >= 12 && /^[\t\n\r\x20-\x7e]+$/.test(text) ? text : undefined;
}

/**
 * What a text holds that may be a secret, in words; `undefined` where nothing looks like one.
 *
 * @param depth of base64 within base64
 */
export function findSecretLike(text: string, depth = 0): string | undefined {
  const rest = text.replace(PLACEHOLDER, ' ').replace(NUMBERED_UUID, ' ');
  for (const [pattern, what] of KNOWN) if (pattern.test(rest)) return what;
  if (holdsBasic(rest)) return 'Basic authentication';
  for (const [run] of rest.matchAll(RUN)) {
    const inner = depth < 3 ? decoded(run) : undefined;
    if (inner !== undefined) {
      const found = findSecretLike(inner, depth + 1);
      if (found !== undefined) return `${found} in base64`;
    } else if (isRandom(run)) return `${run.length} characters in no order`;
  }
  return undefined;
}
