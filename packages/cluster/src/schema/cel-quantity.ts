/** Kubernetes quantities (`500m`, `1.5Gi`, `2e3`) for CEL: exact to the nano, as resource.Quantity is. */

const pattern = /^([+-]?)(\d+)?(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,3})?$/;

const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const NANO = 1_000_000_000n;

/** An amount; compare with `compare`, never with `===`. */
export class Quantity {
  readonly celType = 'kubernetes.Quantity';
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }

  equals(other: object): boolean {
    return other instanceof Quantity && other.nanos === this.nanos;
  }

  compare(other: Quantity): number {
    if (this.nanos === other.nanos) return 0;
    return this.nanos < other.nanos ? -1 : 1;
  }

  get isInteger(): boolean {
    return this.nanos % NANO === 0n;
  }

  /** Whole units, toward zero. */
  get integer(): bigint {
    return this.nanos / NANO;
  }

  get approximate(): number {
    return Number(this.nanos) / 1e9;
  }
}

/** Reads a quantity; `undefined` when the text is none. Below a nano it is rounded up, as Kubernetes does. */
export function parseQuantity(text: string): Quantity | undefined {
  if (text.length > 64) return undefined;
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const [, sign, whole = '', fraction = '', suffix = ''] = found;
  if (whole === '' && fraction === '') return undefined;
  const power = binary.indexOf(suffix) + 1;
  const exponent = power > 0 ? 0 : decimalExponent(suffix);
  const scale = exponent - fraction.length + 9;
  let nanos = BigInt(whole + fraction) * 1024n ** BigInt(power);
  if (scale >= 0) nanos *= 10n ** BigInt(scale);
  else nanos = divideUp(nanos, 10n ** BigInt(-scale));
  return new Quantity(sign === '-' ? -nanos : nanos);
}

function decimalExponent(suffix: string): number {
  if (suffix === '') return 0;
  return decimal[suffix] ?? Number(suffix.slice(1));
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
