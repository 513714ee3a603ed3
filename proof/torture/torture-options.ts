// What a torture is told by its environment, and the end that it comes to whatever happens.

/** A variable that is a whole number. @throws Error when it is something else */
export function readNumber(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} must be a whole number`);
  return value;
}

/** A number that tells all that is left to chance. */
export function readSeed(): number {
  return readNumber('SEED', Date.now() % 1_000_000);
}

/** Ends this process, broken, when it is not over by then. */
export function endWithin(ms: number, seed: number): void {
  setTimeout(() => {
    console.log(`BROKEN: not over after ${ms / 1000} s (SEED=${seed})`);
    process.exit(1);
  }, ms).unref();
}
