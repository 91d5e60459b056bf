/** Sets of CEL values under CEL's equality, for list functions: linear for scalars, whatever the list. */
import { isNumeric, Uint, type Value, valuesEqual } from './values.ts';

export class ValueSet {
  readonly #scalars = new Set<string>();
  readonly #others: Value[] = [];
  readonly #work = { count: 0 };

  constructor(values: Iterable<Value> = []) {
    for (const value of values) this.add(value);
  }

  has(value: Value): boolean {
    const key = scalarKey(value);
    if (key !== undefined) return this.#scalars.has(key);
    return this.#others.some((other) => valuesEqual(other, value, this.#work));
  }

  /** Whether the value is new. */
  add(value: Value): boolean {
    const key = scalarKey(value);
    if (key !== undefined) {
      const isNew = !this.#scalars.has(key);
      this.#scalars.add(key);
      return isNew;
    }
    if (this.has(value)) return false;
    this.#others.push(value);
    return true;
  }
}

/** Text that equal scalars share; numbers of all kinds are one. */
function scalarKey(value: Value): string | undefined {
  if (typeof value === 'string') return `s${value}`;
  if (isNumeric(value)) {
    if (typeof value !== 'number') return `n${value instanceof Uint ? value.value : value}`;
    if (Number.isNaN(value)) return undefined;
    return `n${Number.isInteger(value) ? BigInt(value) : value}`;
  }
  return typeof value === 'boolean' || value === null ? String(value) : undefined;
}
