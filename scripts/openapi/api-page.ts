// Writes the generated part of docs/api.md: the routes for operators, what they take and answer, and how to call them.

import type { DeclaredRoute, Manifest } from '../../src/settings/manifest/model.js';
import { markdownTable } from '../markdown-table.js';
import type { DescribedRoute, DescribedRoutes } from './described-routes.js';
import { errorsOf } from './errors.js';
import type { Schema } from './schema.js';

const ROLES = { read: 'read', write: 'write', none: 'anybody who reaches the port' };

/** A schema in a few words. */
function typeOf(schema: Schema): string {
  const {
    $ref,
    const: value,
    enum: several,
    anyOf,
    type,
    items,
    properties,
    required = [],
    additionalProperties,
  } = schema;
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf('/') + 1);
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (value !== undefined) return `\`${JSON.stringify(value)}\``;
  if (several !== undefined) return several.map((each) => `\`${JSON.stringify(each)}\``).join(' or ');
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (type === 'array') return `list of ${typeOf(items ?? {})}`;
  if (properties !== undefined && Object.keys(properties).length > 0)
    return `{ ${Object.entries(properties)
      .map(([name, each]) => `\`${name}${required.includes(name) ? '' : '?'}\`: ${typeOf(each)}`)
      .join(', ')} }`;
  if (typeof additionalProperties === 'object') return `object of ${typeOf(additionalProperties)}`;
  return type === undefined ? 'anything' : String(type);
}

/** What a value may be beside its type. */
function limitsOf({ minimum, maximum, maxLength, minItems, maxItems, pattern, default: value }: Schema): string {
  return [
    minimum === undefined ? '' : `at least ${minimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    minItems === undefined ? '' : `at least ${minItems}`,
    maxItems === undefined ? '' : `at most ${maxItems}`,
    pattern === undefined ? '' : `\`${pattern}\``,
    value === undefined ? '' : `default \`${JSON.stringify(value)}\``,
  ]
    .filter((each) => each !== '')
    .join(', ');
}

function fieldTable(head: string, { properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const limits = limitsOf(schema);
    const type = `${typeOf(schema)}${limits === '' ? '' : `; ${limits}`}`;
    return [`\`${name}\`${required.includes(name) ? '' : '?'}`, type, schema.description ?? ''];
  });
  return markdownTable([head, 'Type', 'What it is'], rows);
}

function bodyOf(body: Schema): string {
  if (body.properties !== undefined) return fieldTable('Body', body);
  return `Body: ${typeOf(body)}.`;
}

function answerOf({ answer, lines, stream, other }: DescribedRoute): string {
  if (lines !== undefined) return `Answers JSON lines, each ${typeOf(lines)}.`;
  if (stream !== undefined) {
    const rows = stream.map(({ name, comment, schema }) => [`\`${name}\``, typeOf(schema), comment]);
    return `Answers server-sent events.\n\n${markdownTable(['Event', 'Data', 'What it is'], rows)}`;
  }
  const others = [...other].map(([status, schema]) => ` Status ${status}: ${typeOf(schema)}.`).join('');
  return `Answers ${typeOf(answer ?? {})}.${others}`;
}

/** A command that asks the route. */
function exampleOf({ method, path }: DeclaredRoute, { examples, role, lines, stream, body }: DescribedRoute): string {
  const [example = ''] = examples;
  const query = example.startsWith('?') ? example : '';
  const token = role === 'none' ? '' : ` -H "Authorization: Bearer $ADMIN_TOKEN"`;
  const address = query === '' ? `localhost:9090${path}` : `'localhost:9090${path}${query}'`;
  const data = method === 'POST' ? ` -d ${dataOf(body === undefined ? '{}' : example)}` : '';
  // A stream does not end by itself; of lines there may be none.
  const language = stream === undefined ? 'sh' : 'console';
  const options = stream === undefined ? `-s${lines === undefined ? '' : 'i'}` : '-sN';
  return `\`\`\`${language}\ncurl ${options} ${address}${token}${data}\n\`\`\``;
}

/** Variables are filled in by the shell between double quotes only. */
function dataOf(body: string): string {
  return body.includes('$') ? `"${body.replaceAll('"', '\\"')}"` : `'${body}'`;
}

function section(declared: DeclaredRoute, route: DescribedRoute): string {
  const errors = errorsOf(route, false).filter(({ code }) => route.errors.includes(code));
  return [
    `### ${declared.method} ${declared.path}`,
    route.comment,
    `Role: ${ROLES[route.role ?? 'none']}.`,
    route.query && fieldTable('Query', route.query),
    route.body && bodyOf(route.body),
    answerOf(route),
    errors.length > 0 &&
      `Errors of its own: ${errors.map(({ code, status }) => `\`${code}\` (${status})`).join(', ')}.`,
    exampleOf(declared, route),
  ]
    .filter((part) => part !== undefined && part !== false && part !== '')
    .join('\n\n');
}

/** Names of the types that are referred to, and of those within them. */
function namesIn(text: string, named: ReadonlyMap<string, Schema>): readonly string[] {
  const found = new Set<string>();
  const look = (each: string): void => {
    for (const [, name = ''] of each.matchAll(/#\/components\/schemas\/(\w+)/g)) {
      if (found.has(name)) continue;
      found.add(name);
      look(JSON.stringify(named.get(name) ?? {}));
    }
  };
  look(text);
  return [...found].sort();
}

function shape(name: string, schema: Schema): string {
  const isTable = schema.properties !== undefined;
  return [`### ${name}`, schema.description, isTable ? fieldTable('Field', schema) : `${typeOf(schema)}.`]
    .filter((part) => part !== undefined && part !== '')
    .join('\n\n');
}

/** All routes that shapes of operators describe, in the order of the manifest, and the types that they name. */
export function apiPage(manifest: Manifest, { routes, named }: DescribedRoutes): string {
  const declared = manifest.protocols.operations?.routes ?? [];
  const described = declared.flatMap((each) => {
    const route = routes.find(({ role, name }) => role !== undefined && name === each.name);
    return route === undefined ? [] : [{ declared: each, route }];
  });
  const names = namesIn(
    JSON.stringify(described.map(({ route }) => ({ ...route, other: [...route.other.values()] }))),
    named,
  );
  return [
    '## Routes',
    ...described.map(({ declared, route }) => section(declared, route)),
    '## Types',
    'A `?` stands behind what may be missing.',
    ...names.map((name) => shape(name, named.get(name) ?? {})),
  ].join('\n\n');
}
