// The routes of operators as their shapes describe them.

import { closed, inlined, type Schema } from './schema.js';
import { type Member, ShapeReader } from './shape-reader.js';

/** One kind of event of a stream. */
export interface StreamEvent {
  readonly name: string;
  readonly comment: string;
  /** Of its data. */
  readonly schema: Schema;
}

/** How the one who asks is known. `operator`: by a token or the session that it began. */
export type Security = 'none' | 'operator' | 'segment' | 'apiKey' | 'writeKey' | 'statsig';

/** One route. */
export interface DescribedRoute {
  /** Of manifest.json. */
  readonly protocol: string;
  /** In manifest.json. */
  readonly name: string;
  readonly security: Security;
  /** Of an operator. */
  readonly role?: 'read' | 'write' | 'none';
  readonly comment: string;
  readonly examples: readonly string[];
  /** Whole, without references. */
  readonly query?: Schema;
  /** Whole, without references, where it is checked; else as it is described. */
  readonly body?: Schema;
  readonly answer?: Schema;
  readonly lines?: Schema;
  readonly stream?: readonly StreamEvent[];
  /** Media type of an answer that is no JSON. */
  readonly text?: string;
  /** Answers of other statuses that are no errors, by the status. */
  readonly other: ReadonlyMap<string, Schema>;
  /** Where errors of the route have a form of their own. */
  readonly errorAnswer?: Schema;
  /** Codes. */
  readonly errors: readonly string[];
}

/** All routes, and the schemas that they refer to. */
export interface DescribedRoutes {
  readonly routes: readonly DescribedRoute[];
  readonly named: ReadonlyMap<string, Schema>;
}

const SECURITIES: readonly string[] = [
  'none',
  'operator',
  'segment',
  'apiKey',
  'writeKey',
  'statsig',
] satisfies Security[];

function isSecurity(text: string | undefined): text is Security {
  return text !== undefined && SECURITIES.includes(text);
}

function isRole(text: string | undefined): text is 'read' | 'write' | 'none' {
  return text === 'read' || text === 'write' || text === 'none';
}

/** The parts of one route, each with a name of its own in the type. */
class RouteParts {
  readonly #reader: ShapeReader;
  readonly #parts: ReadonlyMap<string, Member>;

  constructor(reader: ShapeReader, type: Member['type']) {
    this.#reader = reader;
    this.#parts = new Map(reader.members(type).map((part) => [part.name, part]));
  }

  schema<Name extends string>(name: Name): Partial<Record<Name, Schema>> {
    const part = this.#parts.get(name);
    return part === undefined ? {} : ({ [name]: this.#reader.read(part.type) } as Record<Name, Schema>);
  }

  /** The same, whole and with no other fields. */
  checked<Name extends string>(name: Name): Partial<Record<Name, Schema>> {
    const schema = this.schema(name)[name];
    if (schema === undefined) return {};
    return { [name]: closed(inlined(schema, this.#reader.named)) } as Record<Name, Schema>;
  }

  texts(name: string): readonly string[] {
    const part = this.#parts.get(name);
    return part === undefined ? [] : this.#reader.texts(part.type);
  }

  members(name: string): readonly StreamEvent[] | undefined {
    const part = this.#parts.get(name);
    if (part === undefined) return undefined;
    return this.#reader
      .membersOf(part.type)
      .map(({ name, comment, type }) => ({ name, comment, schema: this.#reader.read(type) }));
  }
}

/** One of src/operate: its requests are checked by the schemas. */
function describeOperators(reader: ShapeReader, { name, comment, examples, type }: Member): DescribedRoute {
  const parts = new RouteParts(reader, type);
  const [role] = parts.texts('role');
  if (!isRole(role)) throw new Error(`The route ${name} has no role.`);
  const about = { protocol: 'operations', name, role, comment, examples };
  const security = role === 'none' ? 'none' : 'operator';
  return { ...about, ...parts.checked('query'), ...parts.checked('body'), ...restOf(parts), security };
}

/** One of a protocol that others have written down. */
function describeProtocol(protocol: string, reader: ShapeReader, member: Member): DescribedRoute {
  const { name, comment, examples, type } = member;
  const parts = new RouteParts(reader, type);
  const [security] = parts.texts('security');
  if (!isSecurity(security)) throw new Error(`The route ${name} of ${protocol} does not say how its sender is known.`);
  return { protocol, name, comment, examples, ...parts.schema('body'), ...restOf(parts), security };
}

function restOf(
  parts: RouteParts,
): Pick<DescribedRoute, 'answer' | 'lines' | 'stream' | 'text' | 'other' | 'errorAnswer' | 'errors'> {
  const stream = parts.members('stream');
  const [text] = parts.texts('text');
  const other = (parts.members('other') ?? []).map(({ name, schema }) => [name, schema] as const);
  return {
    ...parts.schema('answer'),
    ...parts.schema('lines'),
    ...parts.schema('errorAnswer'),
    ...(stream && { stream }),
    ...(text !== undefined && { text }),
    other: new Map(other),
    errors: parts.texts('errors'),
  };
}

/** @throws Error for a type that is not read here, and a route of which something is not said */
export function describedRoutes(): DescribedRoutes {
  const reader = new ShapeReader();
  try {
    const ofOperators = reader
      .interfaces('Routes')
      .flatMap((each) => reader.members(each).map((member) => describeOperators(reader, member)));
    const others = reader.interfaces('Protocol').flatMap((each) => {
      const name = each.name.text.replace(/Protocol$/, '');
      const protocol = name.charAt(0).toLowerCase() + name.slice(1);
      return reader.members(each).map((member) => describeProtocol(protocol, reader, member));
    });
    return { routes: [...ofOperators, ...others], named: reader.named };
  } finally {
    reader.close();
  }
}
