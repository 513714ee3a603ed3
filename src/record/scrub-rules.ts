// What one recording knows of what is to be replaced: it learns secrets as messages pass, and people and fields keep their replacement from file to file.

import { VERSION } from '../base/version.js';
import type { Json } from '../contract/fixture.js';
import { Numbered } from './numbered.js';
import { People } from './people.js';
import { Secrets } from './secrets.js';

/** What is private in any event: names of fields in Segment's and RudderStack's specs, in small letters. */
const PERSONAL: ReadonlySet<string> = new Set([
  ...[
    'phone',
    'phonenumber',
    'firstname',
    'lastname',
    'birthday',
    'street',
    'postalcode',
    'advertisingid',
    'idfa',
    'idfv',
  ],
]);

/** What a replacement says of a field's name. */
const NAME_PART = /[^\w.]/g;

/** An address that is known, and what stands for it. */
export type KnownAddress = readonly [address: string, placeholder: string];

/** What is given with a recording. */
export interface ScrubOptions {
  /** Fields whose values are replaced, by their name (`plan`) or the end of their path (`traits.plan`). */
  readonly fields: readonly string[];
  /** Names and ports of the recorder and of the plugin behind it, as `127.0.0.1:9090`. */
  readonly own: readonly string[];
}

function standsAlone(text: string): RegExp {
  return new RegExp(`(?<!\\w)${text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(?!\\w)`, 'g');
}

/** The rules of one recording. */
export class ScrubRules {
  readonly secrets = new Secrets();
  readonly #people = new People();
  readonly #fields: readonly string[];
  readonly #values = new Map<string, Numbered>();
  readonly #own: readonly string[];
  #addresses: readonly KnownAddress[] = [];
  #ids: readonly (readonly [RegExp, string])[] = [];

  constructor({ fields, own }: ScrubOptions) {
    this.#fields = fields.map((field) => field.toLowerCase());
    this.#own = own;
  }

  /**
   * Adds what only the settings say.
   *
   * @param addresses of receivers: they change from run to run
   * @param ids of documents, and what they name: replaced where they stand alone
   */
  know(addresses: readonly KnownAddress[], ids: ReadonlyMap<string, string>): void {
    this.#addresses = addresses;
    this.#ids = [...ids].map(([id, placeholder]) => [standsAlone(id), placeholder]);
  }

  /** The name under which the values of a field are replaced; `undefined` where they stay. @param path names from the outermost, without numbers */
  fieldName(path: readonly string[]): string | undefined {
    const name = path.at(-1) ?? '';
    const whole = path.join('.').toLowerCase();
    const asked = this.#fields.find((field) => whole === field || whole.endsWith(`.${field}`));
    if (asked !== undefined) return asked.replace(NAME_PART, '_').split('.').at(-1);
    const plain = name.toLowerCase().replace(/[-_]/g, '');
    return PERSONAL.has(plain) ? plain : undefined;
  }

  /** What stands for a value of such a field: the same for the same value. */
  replacementFor(name: string, value: string | number): string | number {
    const known = this.#values.get(name) ?? new Numbered();
    this.#values.set(name, known);
    const number = known.of(String(value));
    return typeof value === 'number' ? number : `${name}-${number}`;
  }

  /** The same text without addresses, secrets, ids and people. @param isSent false for what is expected: there the own address may be any */
  replaceIn(text: string, isSent: boolean): string {
    let replaced = text;
    for (const [address, placeholder] of this.#addresses) replaced = replaced.replaceAll(address, placeholder);
    for (const own of this.#own) replaced = replaced.replaceAll(own, isSent ? 'plugin.example' : '{{text}}');
    replaced = this.secrets.replaceIn(replaced);
    for (const [pattern, placeholder] of this.#ids) replaced = replaced.replace(pattern, placeholder);
    return this.#people.replaceIn(replaced);
  }
}

/** A reason: its code is for programs, the rest for people. */
const REASON = /^([A-Z][A-Z0-9_]{3,}): .+$/s;

/** What is expected without what changes with each version of the plugin, and of Node, and without sentences for people. */
export function withoutWording(text: string, field: string): string {
  if (field === 'nodeVersion') return '{{text}}';
  return text.replace(REASON, '$1: {{text}}').replaceAll(`statsig-cdp/${VERSION}`, 'statsig-cdp/{{text}}');
}

const OTHERS = { '{{others}}': true } as const;

/**
 * What is expected without what only says who the plugin is: another program that speaks the same protocol is called otherwise.
 *
 * @param field the name of the field that holds them
 */
export function withoutIdentity(
  fields: { readonly [field: string]: Json },
  field: string,
): { readonly [field: string]: Json } {
  if (field === 'statsigMetadata') return OTHERS;
  if (!Object.keys(fields).some((name) => name.toLowerCase() === 'statsig-api-key')) return fields;
  const kept = Object.entries(fields).filter(([name]) => !/^(?:user-agent|statsig-(?!api-key$).*)$/i.test(name));
  return { ...Object.fromEntries(kept), ...OTHERS };
}
