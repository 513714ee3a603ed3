// What Node.js has and these functions never ask for, although modules that they share with the process name it.

/** Of node:util. */
export const inspect = { custom: Symbol.for('nodejs.util.inspect.custom') };

function missing(): never {
  throw new Error('This is not there outside of Node.js.');
}

export const readFileSync = missing;
export const resolve = missing;
export const isAscii = missing;
export const getHeapStatistics = (): { readonly heap_size_limit: number } => ({ heap_size_limit: 0 });
