// Replaces what tells of people, wherever it stands: email addresses and IP addresses.

import { isIP } from 'node:net';
import { isUnspecified, toPublicAddress } from '../model/address.js';
import { Numbered } from './numbered.js';

/** The end of an email address. What stands before it is looked for from here, so that a long text without one costs nothing. */
const AT_DOMAIN = /(@|%40)((?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24})/giu;

const LOCAL_PART = /[\p{L}\p{N}.!#$%'*+^_`{|}~-]+$/u;

/** No mailbox has a longer name (RFC 5321: 64). */
const MAX_LOCAL_PART = 100;

/** Domains that belong to no one (RFC 2606, RFC 6761). */
const EXAMPLE_DOMAIN = /(?:^|\.)(?:example(?:\.(?:com|org|net))?|test|invalid|localhost)$/i;

/** Not the version of a browser, which stands behind a slash, nor one that goes on. */
const IPV4 = /(?<![\w.-]|[^/]\/|v)(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)/g;

const IPV6 = /(?<![\w:.])(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}(?:%\w+)?(?![\w:.])/gi;

/** Ranges for documents (RFC 5737, RFC 3849), the end of a range for networks inside that nearly no one uses, and the machine itself. */
const EXAMPLE_ADDRESS = /^(?:192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|10\.255\.|127\.|2001:0?db8:|::1$)/i;

/** Addresses in a range of documents; then it goes on in another. */
const IN_A_RANGE = 250;

/** Gives people addresses that belong to no one. */
export class People {
  readonly #emails = new Numbered();
  readonly #public = new Numbered();
  readonly #private = new Numbered();
  readonly #six = new Numbered();

  #withoutEmails(text: string): string {
    let replaced = '';
    let from = 0;
    for (const { 0: end, 1: at = '@', 2: domain = '', index } of text.matchAll(AT_DOMAIN)) {
      const [local] = LOCAL_PART.exec(text.slice(Math.max(from, index - MAX_LOCAL_PART), index)) ?? [];
      if (local === undefined || EXAMPLE_DOMAIN.test(domain)) continue;
      const number = this.#emails.of(`${local}@${domain}`.toLowerCase());
      replaced += `${text.slice(from, index - local.length)}person-${number}${at}example.com`;
      from = index + end.length;
    }
    return replaced + text.slice(from);
  }

  /** One of the internet becomes one of the internet, one of a network behind a router one of such: they are treated differently. */
  #addressFor(text: string): string {
    const version = isIP(text);
    if (version === 0 || EXAMPLE_ADDRESS.test(text) || isUnspecified(text)) return text;
    if (version === 6) return `2001:db8::${this.#six.of(text.toLowerCase()).toString(16)}`;
    if (toPublicAddress(text) === undefined) {
      const n = this.#private.of(text);
      return `10.255.${Math.floor(n / IN_A_RANGE)}.${(n % IN_A_RANGE) + 1}`;
    }
    const n = this.#public.of(text);
    const ranges = ['203.0.113', '198.51.100', '192.0.2'];
    return `${ranges[Math.floor(n / IN_A_RANGE) % ranges.length]}.${n % IN_A_RANGE}`;
  }

  /** The same text about no one. */
  replaceIn(text: string): string {
    return this.#withoutEmails(text)
      .replace(IPV4, (address) => this.#addressFor(address))
      .replace(IPV6, (address) => this.#addressFor(address));
  }
}
