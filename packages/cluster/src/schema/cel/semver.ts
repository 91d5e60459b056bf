/** Semantic versions (semver.org 2.0) for CEL. */

export class Semver {
  readonly celType = 'kubernetes.Semver';
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly #pre: readonly string[];

  constructor(numbers: readonly [bigint, bigint, bigint], pre: readonly string[]) {
    this.numbers = numbers;
    this.#pre = pre;
  }

  equals(other: object): boolean {
    return other instanceof Semver && this.compare(other) === 0;
  }

  /** -1, 0 or 1; build metadata does not count. */
  compare(other: Semver): number {
    for (const [i, number] of this.numbers.entries()) {
      const right = other.numbers[i]!;
      if (number !== right) return number < right ? -1 : 1;
    }
    return comparePre(this.#pre, other.#pre);
  }
}

/** A version without pre-release is later than one with; numbers come before words. */
function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Math.sign(b.length - a.length);
  for (const [i, left] of a.entries()) {
    const right = b[i];
    if (right === undefined) return 1;
    if (left === right) continue;
    const isLeftNumber = /^\d+$/.test(left);
    const isRightNumber = /^\d+$/.test(right);
    if (isLeftNumber !== isRightNumber) return isLeftNumber ? -1 : 1;
    if (!isLeftNumber) return left < right ? -1 : 1;
    return BigInt(left) < BigInt(right) ? -1 : 1;
  }
  return a.length < b.length ? -1 : 0;
}

const version =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

/** `normalizes`: takes `v1`, `1.2` and leading zeros too. `undefined` when the text is no version. */
export function parseSemver(text: string, normalizes: boolean): Semver | undefined {
  if (text.length > 256) return undefined;
  const normal = normalizes ? normalize(text) : text;
  const found = normal === undefined ? null : version.exec(normal);
  if (found === null) return undefined;
  const numbers = found.slice(1, 4).map(BigInt) as [bigint, bigint, bigint];
  if (numbers.some((number) => number >= 1n << 64n)) return undefined;
  return new Semver(numbers, found[4]?.split('.') ?? []);
}

function normalize(text: string): string | undefined {
  const [major = '', minor, ...rest] = text.replace(/^v/, '').split('.');
  const parts = [
    major,
    ...(minor === undefined ? [] : [minor]),
    ...(rest.length > 0 ? [rest.join('.')] : []),
  ];
  const last = parts.at(-1) ?? '';
  if (parts.length < 3 && /[+-]/.test(last)) return undefined;
  while (parts.length < 3) parts.push('0');
  return parts
    .map((part) => (part.length > 1 ? part.replace(/^0+(?=\d)/, '').replace(/^0+$/, '0') : part))
    .join('.');
}
