/** Lengths of time in Go's notation, as CRD fields carry them. */

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

/** Seconds of `1h30m`, `250ms`, `0`; undefined when the text is not such a duration. Negative ones are not accepted. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?|\.\d+)(ns|us|µs|ms|s|m|h)/gy)];
  if (
    parts.length === 0 ||
    parts.reduce((length, part) => length + part[0].length, 0) !== text.length
  ) {
    return undefined;
  }
  const seconds = parts.reduce(
    (sum, part) => sum + Number(part[1]) * (UNITS[part[2] ?? ''] ?? Number.NaN),
    0,
  );
  return Math.round(seconds * 1e9) / 1e9;
}
