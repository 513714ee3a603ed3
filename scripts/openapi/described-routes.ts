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

/** One route. */
export interface DescribedRoute {
  /** In manifest.json. */
  readonly name: string;
  readonly role: 'read' | 'write' | 'none';
  readonly comment: string;
  readonly examples: readonly string[];
  /** Whole, without references. */
  readonly query?: Schema;
  /** Whole, without references. */
  readonly body?: Schema;
  readonly answer?: Schema;
  readonly lines?: Schema;
  readonly stream?: readonly StreamEvent[];
  readonly errors: readonly string[];
}

/** All routes, and the schemas that their answers refer to. */
export interface DescribedRoutes {
  readonly routes: readonly DescribedRoute[];
  readonly named: ReadonlyMap<string, Schema>;
}

function describe(reader: ShapeReader, { name, comment, examples, type }: Member): DescribedRoute {
  const parts = new Map(reader.members(type).map((part) => [part.name, part]));
  const schemaOf = (part: string): Schema | undefined => {
    const member = parts.get(part);
    return member && reader.read(member.type);
  };
  const taken = (part: string) => {
    const schema = schemaOf(part);
    return schema && { [part]: closed(inlined(schema, reader.named)) };
  };
  const answered = (part: string) => {
    const schema = schemaOf(part);
    return schema && { [part]: schema };
  };
  const textsOf = (part: string): readonly string[] => {
    const member = parts.get(part);
    return member === undefined ? [] : reader.texts(member.type);
  };
  const [role] = textsOf('role');
  if (role !== 'read' && role !== 'write' && role !== 'none') throw new Error(`The route ${name} has no role.`);
  const stream = parts.get('stream');
  return {
    name,
    role,
    comment,
    examples,
    ...taken('query'),
    ...taken('body'),
    ...answered('answer'),
    ...answered('lines'),
    ...(stream && { stream: eventsOf(reader, stream) }),
    errors: textsOf('errors'),
  };
}

function eventsOf(reader: ShapeReader, stream: Member): readonly StreamEvent[] {
  return reader.membersOf(stream.type).map(({ name, comment, type }) => ({ name, comment, schema: reader.read(type) }));
}

/** @param root the project @throws Error for a type that is not read here, and a route without a role */
export function describedRoutes(root: string): DescribedRoutes {
  const reader = new ShapeReader(root);
  try {
    const routes = reader
      .interfaces('Routes')
      .flatMap((each) => reader.members(each))
      .map((member) => describe(reader, member));
    return { routes, named: reader.named };
  } finally {
    reader.close();
  }
}
