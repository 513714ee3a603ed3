// Reads environment variables by what the manifest says of them: type, range, choices and default.

import { Secret } from '../base/secret.js';
import { environmentCheck } from './manifest/environment-check.js';
import { ManifestError } from './manifest/manifest-error.js';
import type { EnvironmentVariable } from './manifest/model.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Environment variables that cannot be used. The message names them and says what they may be, a line for each. */
export class ProcessSettingsError extends Error {
  readonly faults: readonly string[];

  constructor(...faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/** The values of the environment. Each method is for variables that are declared as it reads them: another one is a ManifestError. */
export interface EnvironmentValues {
  /** Variables that are not as declared, with what they may be. They count as not set. */
  readonly faults: readonly string[];
  /** For a variable with a default. */
  integer(name: string): number;
  optionalInteger(name: string): number | undefined;
  boolean(name: string): boolean;
  /** For a variable with a default. */
  text(name: string): string;
  optionalText(name: string): string | undefined;
  secret(name: string): Secret | undefined;
  /** @param known what the code can do; the manifest may declare less */
  choice<Choice extends string>(name: string, known: readonly Choice[]): Choice;
  /** Whether it is set, rather than its default. */
  isSet(name: string): boolean;
  /** Call it when all are read. @throws ManifestError for a declared variable that was not */
  assertAllRead(): void;
}

type Value = string | number | boolean;

/** What a person has to write. */
function expectationOf({ type, enum: values, minimum, maximum }: EnvironmentVariable): string {
  if (values !== undefined) return `one of ${values.join(', ')}`;
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return 'a string';
  if (maximum !== undefined) return `a whole number from ${minimum ?? 0} to ${maximum}`;
  return minimum === undefined ? 'a whole number' : `a whole number of at least ${minimum}`;
}

function textOf(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

/** The text as its type, and as it is where it cannot be that: the schema refuses it then. */
function convert(text: string, { type, enum: values }: EnvironmentVariable): Value {
  if (type === 'integer') return Number.isNaN(Number(text)) ? text : Number(text);
  const small = text.toLowerCase();
  if (type === 'boolean') return small === 'true' || (small === 'false' ? false : text);
  return values === undefined ? text : small;
}

/** @param set the variables that are set @returns the first that is not as declared */
function findWrong(
  values: Readonly<Record<string, Value>>,
  set: readonly EnvironmentVariable[],
): EnvironmentVariable | undefined {
  if (set.length === 0) return undefined;
  const validate = environmentCheck(set);
  if (validate(values)) return undefined;
  const name = validate.errors?.[0]?.instancePath.slice(1);
  const wrong = set.find((variable) => variable.name === name);
  if (wrong === undefined) throw new ProcessSettingsError(`${name} must be another.`);
  return wrong;
}

/** Reads all variables that are declared. */
export function readEnvironment(env: Environment, declared: readonly EnvironmentVariable[]): EnvironmentValues {
  let set = declared.filter(({ name }) => textOf(env, name) !== undefined);
  const values: Record<string, Value> = {};
  const useDefault = ({ name, default: value }: EnvironmentVariable) => {
    if (value === undefined) delete values[name];
    else values[name] = value;
  };
  declared.forEach(useDefault);
  for (const variable of set) values[variable.name] = convert(textOf(env, variable.name) ?? '', variable);
  const faults: string[] = [];
  for (let wrong = findWrong(values, set); wrong !== undefined; wrong = findWrong(values, set)) {
    faults.push(`${wrong.name} must be ${expectationOf(wrong)}.`);
    set = set.filter((each) => each !== wrong);
    useDefault(wrong);
  }

  const read = new Set<string>();

  function find(name: string, type: EnvironmentVariable['type']): readonly [EnvironmentVariable, string] {
    const index = declared.findIndex((variable) => variable.name === name);
    const variable = declared[index];
    if (variable === undefined)
      throw new ManifestError({
        path: 'environment',
        problem: `The variable ${name} is read but not declared.`,
        fix: `Declare ${name}.`,
      });
    const path = `environment.${index}`;
    if (variable.type !== type)
      throw new ManifestError({
        path: `${path}.type`,
        problem: `${name} is read as ${type}.`,
        fix: `Write ${type}.`,
      });
    read.add(name);
    return [variable, path];
  }

  function optional<T extends Value>(name: string, type: EnvironmentVariable['type']): T | undefined {
    const [variable, path] = find(name, type);
    if (variable.secret)
      throw new ManifestError({ path: `${path}.secret`, problem: `${name} is no secret.`, fix: 'Remove it.' });
    // The schema has seen that it is of the declared type.
    return values[name] as T | undefined;
  }

  function required<T extends Value>(name: string, type: EnvironmentVariable['type']): T {
    const value = optional<T>(name, type);
    if (value !== undefined) return value;
    const [, path] = find(name, type);
    throw new ManifestError({ path, problem: `${name} needs a default.`, fix: 'Add "default".' });
  }

  return {
    faults,
    integer: (name) => required<number>(name, 'integer'),
    optionalInteger: (name) => optional<number>(name, 'integer'),
    boolean: (name) => required<boolean>(name, 'boolean'),
    text: (name) => required<string>(name, 'string'),
    optionalText: (name) => optional<string>(name, 'string'),
    secret(name) {
      const [variable, path] = find(name, 'string');
      if (!variable.secret)
        throw new ManifestError({ path, problem: `${name} is a secret.`, fix: 'Add "secret": true.' });
      const value = values[name];
      return value === undefined ? undefined : new Secret(String(value));
    },
    choice<Choice extends string>(name: string, known: readonly Choice[]) {
      const [variable, path] = find(name, 'string');
      const unknown = (variable.enum ?? ['anything']).find((each) => !known.some((choice) => choice === each));
      if (unknown !== undefined)
        throw new ManifestError({
          path: `${path}.enum`,
          problem: `Nothing does "${unknown}".`,
          fix: `Use some of ${known.join(', ')}.`,
        });
      return required<Choice>(name, 'string');
    },
    isSet: (name) => textOf(env, name) !== undefined,
    assertAllRead() {
      const index = declared.findIndex(({ name }) => !read.has(name));
      const unread = declared[index];
      if (unread !== undefined)
        throw new ManifestError({
          path: `environment.${index}.name`,
          problem: `Nothing reads the variable ${unread.name}.`,
          fix: 'Remove it, or correct its name.',
        });
    },
  };
}
