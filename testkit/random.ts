// Random numbers that a seed repeats.

/** A source of random numbers. */
export interface Random {
  /** From 0 up to but not including 1. */
  fraction(): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** A key, as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
}

/** The generator "mulberry32". @param seed a whole number; equal seeds give equal numbers */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;

  function fraction(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  return {
    fraction,
    whole: (least, most) => least + Math.floor(fraction() * (most - least + 1)),
    chance: (probability) => fraction() < probability,
    weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
      const entries: [string, number][] = Object.entries(weights);
      let rest = fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const key in weights) {
        rest -= weights[key];
        if (rest < 0) return key;
      }
      throw new RangeError('no weight is above 0');
    },
  };
}
