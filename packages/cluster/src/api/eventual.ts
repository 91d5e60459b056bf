/**
 * Work that is asynchronous only where it has to be. A write that no webhook has a say in must run from read to commit
 * without an `await`, or others could come in between; `async` functions cannot promise that.
 */

/** A value, or the promise of one where something had to be awaited. */
export type Eventual<T> = T | Promise<T>;

/** Goes on with `step` at once, or when the promise is kept. Throws, or rejects, as either of them does. */
export function after<T, U>(value: Eventual<T>, step: (value: T) => Eventual<U>): Eventual<U> {
  return value instanceof Promise ? value.then(step) : step(value);
}

/** Runs `step` for each item, one after the other. Stays synchronous as long as the steps do. */
export function inTurn<T>(items: readonly T[], step: (item: T) => Eventual<void>): Eventual<void> {
  for (const [index, item] of items.entries()) {
    const done = step(item);
    if (done instanceof Promise) return done.then(() => inTurn(items.slice(index + 1), step));
  }
}
