// Reads the types of src/operate/*/shapes.ts as JSON Schemas: what a route takes and answers is said once, by the types that its code is compiled with.

import { join } from 'node:path';
import * as ast from 'typescript/unstable/ast';
import { API, type Checker, type Symbol as Named } from 'typescript/unstable/sync';
import { named, type Schema } from './schema.js';

/** The project. */
const ROOT = join(import.meta.dirname, '..', '..', '..');

/** What a comment may say of a value behind `@`, and how it is read. */
const TAGS: Readonly<Record<string, (text: string) => Schema>> = {
  minimum: (text) => ({ minimum: Number(text) }),
  maximum: (text) => ({ maximum: Number(text) }),
  minLength: (text) => ({ minLength: Number(text) }),
  maxLength: (text) => ({ maxLength: Number(text) }),
  minItems: (text) => ({ minItems: Number(text) }),
  maxItems: (text) => ({ maxItems: Number(text) }),
  pattern: (text) => ({ pattern: text }),
  default: (text) => ({ default: JSON.parse(text) }),
  integer: () => ({ type: 'integer' }),
};

const PLAIN: ReadonlyMap<ast.SyntaxKind, Schema> = new Map([
  [ast.SyntaxKind.StringKeyword, { type: 'string' }],
  [ast.SyntaxKind.NumberKeyword, { type: 'number' }],
  [ast.SyntaxKind.BooleanKeyword, { type: 'boolean' }],
  [ast.SyntaxKind.ObjectKeyword, { type: 'object' }],
  [ast.SyntaxKind.UnknownKeyword, {}],
  [ast.SyntaxKind.TemplateLiteralType, { type: 'string' }],
]);

/** A member of a type, and what its comment says. */
export interface Member {
  readonly name: string;
  readonly isOptional: boolean;
  readonly type: ast.TypeNode;
  readonly comment: string;
  /** Behind `@example`. */
  readonly examples: readonly string[];
  /** Of its value, by the other tags. */
  readonly told: Schema;
}

type Declaration = ast.InterfaceDeclaration | ast.TypeAliasDeclaration;

const isDeclaration = (node: ast.Node | undefined): node is Declaration =>
  node !== undefined && (ast.isInterfaceDeclaration(node) || ast.isTypeAliasDeclaration(node));

/** Reads declarations, and keeps a schema of each that is named. */
export class ShapeReader {
  readonly #api: API;
  readonly #checker: Checker;
  readonly #files: readonly ast.SourceFile[];
  readonly #named = new Map<string, Schema>();
  readonly #declarations = new Map<string, Declaration>();

  constructor() {
    const config = join(ROOT, 'scripts/openapi/shapes.tsconfig.json');
    this.#api = new API({ cwd: ROOT });
    const project = this.#api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (project === undefined) throw new Error(`${config} cannot be read.`);
    this.#checker = project.checker;
    this.#files = project.program
      .getSourceFileNames()
      .filter((name) => name.endsWith('/shapes.ts'))
      .sort()
      .flatMap((name) => project.program.getSourceFile(name) ?? []);
  }

  close(): void {
    this.#api.close();
  }

  /** The interfaces of all files whose names end so. */
  interfaces(suffix: string): readonly ast.InterfaceDeclaration[] {
    return this.#files.flatMap(({ statements }) =>
      statements.filter((each) => ast.isInterfaceDeclaration(each)).filter(({ name }) => name.text.endsWith(suffix)),
    );
  }

  /** Schemas by the names of their types, as far as they were met. */
  get named(): ReadonlyMap<string, Schema> {
    return this.#named;
  }

  /** What an interface or a type in braces has in it. @throws Error for what is neither */
  members(node: ast.Node): readonly Member[] {
    if (!ast.isInterfaceDeclaration(node) && !ast.isTypeLiteralNode(node)) throw this.#unread(node);
    return node.members.filter((each) => ast.isPropertySignatureDeclaration(each)).map((each) => this.#member(each));
  }

  /** The same behind the name of a type. @throws Error as `members` */
  membersOf(node: ast.TypeNode): readonly Member[] {
    if (!ast.isTypeReferenceNode(node)) return this.members(node);
    const declaration = this.#declarationOf(node.typeName);
    if (declaration === undefined) throw this.#unread(node);
    return ast.isInterfaceDeclaration(declaration) ? this.members(declaration) : this.membersOf(declaration.type);
  }

  /** The schema of a type. */
  read(node: ast.TypeNode): Schema {
    const plain = PLAIN.get(node.kind);
    if (plain !== undefined) return plain;
    if (ast.isParenthesizedTypeNode(node)) return this.read(node.type);
    // Of `readonly` nothing is seen in JSON.
    if (ast.isTypeOperatorNode(node)) return this.read(node.type);
    if (ast.isArrayTypeNode(node)) return { type: 'array', items: this.read(node.elementType) };
    if (ast.isLiteralTypeNode(node)) return this.#literal(node);
    if (ast.isUnionTypeNode(node)) return union(node.types.map((each) => this.read(each)));
    if (ast.isIntersectionTypeNode(node)) return merged(node.types.map((each) => this.#written(this.read(each))));
    if (ast.isTypeLiteralNode(node)) return this.#object(node);
    if (ast.isTypeReferenceNode(node)) return this.#reference(node.typeName, node.typeArguments);
    throw this.#unread(node);
  }

  /** The texts of a string literal, or of a union of them. */
  texts(node: ast.TypeNode): readonly string[] {
    return this.#textsOf(this.read(node));
  }

  #textsOf(schema: Schema): readonly string[] {
    const { const: one, enum: several, anyOf } = this.#written(schema);
    return anyOf?.flatMap((each) => this.#textsOf(each)) ?? (several ?? [one]).map(String);
  }

  #literal({ literal }: ast.LiteralTypeNode): Schema {
    if (ast.isStringLiteral(literal)) return { type: 'string', const: literal.text };
    if (ast.isNumericLiteral(literal)) return { type: 'number', const: Number(literal.text) };
    if (literal.kind === ast.SyntaxKind.NullKeyword) return { type: 'null' };
    return { type: 'boolean', const: literal.kind === ast.SyntaxKind.TrueKeyword };
  }

  #object(node: ast.InterfaceDeclaration | ast.TypeLiteralNode): Schema {
    const members = this.members(node);
    const index = node.members.find((each) => ast.isIndexSignatureDeclaration(each));
    const required = members.filter(({ isOptional }) => !isOptional).map(({ name }) => name);
    return {
      type: 'object',
      ...(required.length > 0 && { required }),
      ...(members.length > 0 && {
        properties: Object.fromEntries(members.map((member) => [member.name, this.#valueOf(member)])),
      }),
      ...(index?.type && { additionalProperties: this.read(index.type) }),
    };
  }

  #valueOf({ type, comment, told }: Member): Schema {
    return { ...this.read(type), ...told, ...(comment !== '' && { description: comment }) };
  }

  #member(node: ast.PropertySignatureDeclaration): Member {
    const symbol = this.#checker.getSymbolAtLocation(node.name);
    const tags = symbol?.getJsDocTags(this.#checker) ?? [];
    const textOf = (text = '') => text.trim();
    return {
      name:
        ast.isIdentifier(node.name) || ast.isStringLiteral(node.name) || ast.isNumericLiteral(node.name)
          ? node.name.text
          : '',
      isOptional: node.postfixToken?.kind === ast.SyntaxKind.QuestionToken,
      type: node.type,
      comment: this.#commentOf(symbol),
      examples: tags.filter(({ name }) => name === 'example').map(({ text }) => textOf(text)),
      told: Object.assign({}, ...tags.map(({ name, text }) => TAGS[name]?.(textOf(text)) ?? {})),
    };
  }

  #commentOf(symbol: Named | undefined): string {
    return (symbol?.getDocumentationComment(this.#checker) ?? '').replaceAll(/\s*\n\s*/g, ' ').trim();
  }

  #reference(node: ast.Node, typeArguments: readonly ast.TypeNode[] = []): Schema {
    const name = ast.isIdentifier(node) ? node.text : '';
    const [first, second] = typeArguments;
    if (first !== undefined) return this.#generic(name, first, second) ?? this.#refuse(node);
    const declaration = this.#declarationOf(node);
    if (declaration === undefined) return this.#refuse(node);
    const before = this.#declarations.get(name);
    if (before !== undefined && before.getSourceFile().fileName !== declaration.getSourceFile().fileName)
      throw new Error(`Two types of src/operate/*/shapes.ts are called ${name}. Give one of them another name.`);
    if (before === undefined) {
      this.#declarations.set(name, declaration);
      const comment = this.#commentOf(this.#checker.getSymbolAtLocation(declaration.name));
      const schema = ast.isInterfaceDeclaration(declaration)
        ? this.#interface(declaration)
        : this.read(declaration.type);
      this.#named.set(name, { ...schema, ...(comment !== '' && { description: comment }) });
    }
    return named(name);
  }

  #declarationOf(name: ast.Node): Declaration | undefined {
    const symbol = this.#checker.getSymbolAtLocation(name);
    const target = symbol && (symbol.flags & ALIAS ? this.#checker.getAliasedSymbol(symbol) : symbol);
    const declaration = target?.declarations[0]?.resolve();
    return isDeclaration(declaration) ? declaration : undefined;
  }

  #interface(node: ast.InterfaceDeclaration): Schema {
    const bases = (node.heritageClauses ?? []).flatMap(({ types }) =>
      types.map(({ expression, typeArguments }) => this.#written(this.#reference(expression, typeArguments))),
    );
    return merged([...bases, this.#object(node)]);
  }

  #generic(name: string, first: ast.TypeNode, second: ast.TypeNode | undefined): Schema | undefined {
    if (name === 'Readonly') return this.read(first);
    if (name === 'Array' || name === 'ReadonlyArray') return { type: 'array', items: this.read(first) };
    if (name === 'Partial') return without(this.#written(this.read(first)), 'required');
    if (second === undefined) return undefined;
    if (name === 'Record') {
      if (first.kind === ast.SyntaxKind.StringKeyword)
        return second.kind === ast.SyntaxKind.NeverKeyword
          ? { type: 'object', properties: {} }
          : { type: 'object', additionalProperties: this.read(second) };
      const keys = this.texts(first);
      const value = this.read(second);
      return { type: 'object', required: keys, properties: Object.fromEntries(keys.map((key) => [key, value])) };
    }
    if (name !== 'Pick' && name !== 'Omit') return undefined;
    const keys = this.texts(second);
    return chosen(this.#written(this.read(first)), (key) => keys.includes(key) === (name === 'Pick'));
  }

  /** The schema behind a reference. */
  #written(schema: Schema): Schema {
    const name = schema.$ref?.slice(schema.$ref.lastIndexOf('/') + 1);
    return (name === undefined ? undefined : this.#named.get(name)) ?? schema;
  }

  #refuse(node: ast.Node): never {
    throw this.#unread(node);
  }

  #unread(node: ast.Node): Error {
    const { fileName, text } = node.getSourceFile();
    const { pos, end } = node;
    return new Error(
      `${fileName}: the type ${text.slice(pos, end).trim()} is not read here. Write it in a simpler way.`,
    );
  }
}

/** `SymbolFlags.Alias`: what is imported. */
const ALIAS = 2097152;

function without(schema: Schema, keyword: string): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== keyword));
}

function chosen({ required = [], properties = {}, ...rest }: Schema, isChosen: (key: string) => boolean): Schema {
  return {
    ...rest,
    required: required.filter(isChosen),
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => isChosen(name))),
  };
}

/** One of them: constants become a list, and `null` beside a type goes with it. */
function union(all: readonly Schema[]): Schema {
  const isPlain = ({ type, const: value, enum: several }: Schema) =>
    type === 'string' && (value !== undefined || several !== undefined);
  if (all.every(isPlain)) return { type: 'string', enum: all.flatMap((each) => each.enum ?? [each.const]) };
  return { anyOf: all };
}

/** All of them at once: objects, each with fields of its own. */
function merged(all: readonly Schema[]): Schema {
  const [first] = all;
  if (all.length === 1 && first !== undefined) return first;
  const required = all.flatMap((each) => each.required ?? []);
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.assign({}, ...all.map(({ properties }) => properties)),
  };
}
