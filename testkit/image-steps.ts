// Carries out the steps of a Dockerfile without Docker: each stage is a folder, and its commands run there with an empty home.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What the last stage says of the container. */
export interface Image {
  /** Its root. */
  readonly root: string;
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  readonly volumes: readonly string[];
  readonly healthcheck: readonly string[];
  /** Entry point and command. */
  readonly command: readonly string[];
}

interface Stage {
  readonly root: string;
  workdir: string;
  readonly environment: Record<string, string>;
  user: string;
  readonly volumes: string[];
  healthcheck: readonly string[];
  entrypoint: readonly string[];
  command: readonly string[];
}

const listOf = (json: string): string[] => JSON.parse(json);

/** The lines that are instructions. This reads one line each: none of ours goes over several. */
function instructionsOf(dockerfile: string): readonly (readonly [name: string, rest: string])[] {
  return readFileSync(dockerfile, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

/** Copies the context without what .dockerignore names. */
function copyContext(context: string, to: string): void {
  const patterns = readFileSync(join(context, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const isIgnored = (name: string) =>
    patterns.some((pattern) => (pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : name === pattern));
  for (const name of readdirSync(context))
    if (!isIgnored(name)) cpSync(join(context, name), join(to, name), { recursive: true });
}

function copy(from: readonly string[], to: string): void {
  for (const path of from) {
    // Folders give what is in them, files themselves.
    const isFolder = readdirSync(dirname(path), { withFileTypes: true })
      .find(({ name }) => name === basename(path))
      ?.isDirectory();
    const target = isFolder ? to : join(to, basename(path));
    mkdirSync(isFolder ? to : dirname(target), { recursive: true });
    cpSync(path, target, { recursive: true });
  }
}

/**
 * Makes the last stage's folder.
 *
 * @param context the folder that Docker would be given
 * @param scratch an empty folder
 * @throws Error when a command fails, or an instruction is not known here
 */
export function makeImage(dockerfile: string, context: string, scratch: string): Image {
  const stages = new Map<string, Stage>();
  const sources = join(scratch, 'context');
  const home = join(scratch, 'home');
  for (const folder of [sources, home]) mkdirSync(folder, { recursive: true });
  copyContext(context, sources);
  let stage: Stage | undefined;

  const carryOut: Readonly<Record<string, (rest: string, at: Stage) => void>> = {
    WORKDIR(rest, at) {
      at.workdir = rest;
      mkdirSync(join(at.root, rest), { recursive: true });
    },
    ENV(rest, at) {
      const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(rest) ?? [];
      at.environment[name] = value;
    },
    COPY(rest, at) {
      const words = rest.split(' ');
      const [, from] = /^--from=(\w+)$/.exec(words[0] ?? '') ?? [];
      const paths = words.filter((word) => !word.startsWith('--'));
      const to = paths.pop() ?? '';
      const root = from === undefined ? sources : (stages.get(from)?.root ?? '');
      const target = to.startsWith('/') ? join(at.root, to) : join(at.root, at.workdir, to);
      copy(
        paths.map((path) => join(root, path)),
        target,
      );
    },
    RUN(rest, at) {
      const { status, stdout, stderr } = spawnSync('sh', ['-ec', rest], {
        cwd: join(at.root, at.workdir),
        env: { PATH: process.env.PATH, HOME: home, npm_config_prefer_offline: 'true', ...at.environment },
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`RUN ${rest} ended with ${status}:\n${stdout}${stderr}`);
    },
    USER: (rest, at) => {
      at.user = rest;
    },
    VOLUME: (rest, at) => {
      at.volumes.push(rest);
    },
    HEALTHCHECK: (rest, at) => {
      at.healthcheck = listOf(rest.slice(rest.indexOf('[')));
    },
    ENTRYPOINT: (rest, at) => {
      at.entrypoint = listOf(rest);
    },
    CMD: (rest, at) => {
      at.command = listOf(rest);
    },
    EXPOSE() {},
  };

  for (const [name, rest] of instructionsOf(dockerfile)) {
    if (name === 'FROM') {
      const [, as = 'last'] = / AS (\w+)$/.exec(rest) ?? [];
      const root = join(scratch, as);
      mkdirSync(root);
      const empty = { environment: {}, volumes: [], healthcheck: [], entrypoint: [], command: [] };
      stage = { root, workdir: '/', user: 'root', ...empty };
      stages.set(as, stage);
      continue;
    }
    const step = carryOut[name];
    if (step === undefined || stage === undefined) throw new Error(`${name} is not carried out here`);
    step(rest, stage);
  }
  if (stage === undefined) throw new Error(`${dockerfile} has no stage`);
  const { entrypoint, command, ...last } = stage;
  return { ...last, command: [...entrypoint, ...command] };
}
