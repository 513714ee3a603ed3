// A JSON Schema (2020-12), as OpenAPI 3.1 has it.

/** One schema. */
export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly [keyword: string]: unknown;
}

/** The same with the named schemas in their places, for one that has to stand alone. @throws Error for one that holds itself */
export function inlined(schema: Schema, named: ReadonlyMap<string, Schema>, within: readonly string[] = []): Schema {
  const { $ref, ...rest } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf('/') + 1);
    const found = named.get(name);
    if (found === undefined || within.includes(name)) throw new Error(`${name} cannot be written out.`);
    return { ...inlined(found, named, [...within, name]), ...rest };
  }
  const into = (each: Schema) => inlined(each, named, within);
  const { anyOf, items, properties, additionalProperties } = schema;
  return {
    ...schema,
    ...(anyOf && { anyOf: anyOf.map(into) }),
    ...(items && { items: into(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, into(each)])),
    }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: into(additionalProperties) }),
  };
}

/** The same, where an object may have no other fields than those that are named: what a client sends must not be mistyped. */
export function closed(schema: Schema): Schema {
  const { anyOf, items, properties, additionalProperties } = schema;
  return {
    ...schema,
    ...(anyOf && { anyOf: anyOf.map(closed) }),
    ...(items && { items: closed(items) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, closed(each)])),
      ...(additionalProperties === undefined && { additionalProperties: false }),
    }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: closed(additionalProperties) }),
  };
}

/** A reference to a schema that has a name. */
export function named(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
