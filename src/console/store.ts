// A value that components see change.

import { useEffect, useState } from 'preact/hooks';

/** A value with readers. */
export interface Store<Value> {
  get(): Value;
  set(value: Value): void;
  /** @returns what ends it */
  subscribe(reader: () => void): () => void;
}

/** Makes one. Setting the same value again tells no one. */
export function createStore<Value>(initial: Value): Store<Value> {
  let current = initial;
  const readers = new Set<() => void>();
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return;
      current = value;
      for (const reader of [...readers]) reader();
    },
    subscribe(reader) {
      readers.add(reader);
      return () => readers.delete(reader);
    },
  };
}

/** The value of a store; the component is rendered again when it changes. */
export function useStore<Value>(store: Store<Value>): Value {
  const [value, setValue] = useState(store.get());
  useEffect(() => {
    const read = () => setValue(() => store.get());
    // It may have changed between the rendering and now.
    read();
    return store.subscribe(read);
  }, [store]);
  return value;
}
