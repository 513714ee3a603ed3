// IP addresses where there is no `node:net`, and in a tenth of the bytes of ipaddr.js: of what these functions need of both, the same answers.

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** What stands behind a `%` names an interface of the machine. */
const ZONE = /%[\w.:-]+$/;

/** IPv4 in a form of IPv6 that RFC 4291 takes back. */
const OLD_FORM = /^::(\d+\.[\d.]+)$/;

/** The eight groups of an IPv6 address; `undefined` where the text is none. */
function groupsOf(text: string): readonly number[] | undefined {
  const bare = text.replace(ZONE, '');
  const [, before = '', four] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare) ?? [];
  if (four !== undefined && !IPV4.test(four)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = (four ?? '').split('.').map(Number);
  const written = four === undefined ? bare : `${before}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  const halves = written.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const left = 8 - head.length - tail.length;
  if (halves.length === 2 ? left < 1 : left !== 0) return undefined;
  if (![...head, ...tail].every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return [...head, ...Array(left).fill('0'), ...tail].map((group) => Number.parseInt(group, 16));
}

/** 4, 6, or 0 for a text that is no address. */
export function isIP(text: string): 0 | 4 | 6 {
  if (IPV4.test(text)) return 4;
  return groupsOf(text) === undefined ? 0 : 6;
}

/** Networks in the words of ipaddr.js: the address as a number, and how many of its first bits count. */
const RANGES4: readonly (readonly [name: string, first: string, bits: number])[] = [
  ['unspecified', '0.0.0.0', 8],
  ['broadcast', '255.255.255.255', 32],
  ['multicast', '224.0.0.0', 4],
  ['linkLocal', '169.254.0.0', 16],
  ['loopback', '127.0.0.0', 8],
  ['carrierGradeNat', '100.64.0.0', 10],
  ['private', '10.0.0.0', 8],
  ['private', '172.16.0.0', 12],
  ['private', '192.168.0.0', 16],
];

const RANGES6: typeof RANGES4 = [
  ['unspecified', '::', 128],
  ['linkLocal', 'fe80::', 10],
  ['multicast', 'ff00::', 8],
  ['loopback', '::1', 128],
  ['uniqueLocal', 'fc00::', 7],
];

function bitsOf(parts: readonly number[], size: number): string {
  return parts.map((part) => part.toString(2).padStart(size, '0')).join('');
}

function rangeOf(bits: string, ranges: typeof RANGES4, toBits: (text: string) => string): string {
  return ranges.find(([, first, count]) => bits.startsWith(toBits(first).slice(0, count)))?.[0] ?? 'unicast';
}

const bits4 = (text: string) => bitsOf(text.split('.').map(Number), 8);
const bits6 = (text: string) => bitsOf(groupsOf(text) ?? [], 16);

/** As RFC 5952 writes it: the longest row of zeros left out, of two the first. */
function write6(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':');
  const rows = [...text.matchAll(/\b0(?::0\b)+/g)].sort((one, other) => other[0].length - one[0].length);
  const [longest] = rows;
  if (longest === undefined) return text;
  const { 0: row, index } = longest;
  return `${text.slice(0, index).replace(/:$/, '')}::${text.slice(index + row.length).replace(/^:/, '')}`;
}

/** An address that was read. */
interface Address {
  /** Name of its network; `unicast` for one that is none of those. */
  range(): string;
  toString(): string;
}

function address4(text: string): Address {
  return { range: () => rangeOf(bits4(text), RANGES4, bits4), toString: () => text };
}

/** The default export of ipaddr.js. */
export default {
  isValid: (text: string): boolean => isIP(text) !== 0,
  /** One of IPv4 in the form of IPv6 becomes IPv4. @param text an address */
  process(text: string): Address {
    const four = text.replace(OLD_FORM, '$1');
    if (isIP(four) === 4) return address4(four);
    const groups = groupsOf(text) ?? [];
    const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
    if (isMapped) {
      const [high = 0, low = 0] = groups.slice(6);
      return address4([high >> 8, high & 255, low >> 8, low & 255].join('.'));
    }
    const plain = write6(groups);
    return { range: () => rangeOf(bits6(plain), RANGES6, bits6), toString: () => plain + (ZONE.exec(text)?.[0] ?? '') };
  },
};
