/** What a pod asks for in all, as scheduler, LimitRanger and ResourceQuota count it. */
import { canonicalQuantity, quantityNanos } from '../../builtin/quantity.ts';
import { listAt, objectAt, stringAt } from '../json.ts';

/** Billionths of a unit by resource name. */
export type Amounts = Map<string, bigint>;

/** Containers and sidecars together, or the hungriest init container if that is more, plus the overhead. */
export function podResources(pod: unknown): { requests: Amounts; limits: Amounts } {
  return { requests: total(pod, 'requests'), limits: total(pod, 'limits') };
}

function total(pod: unknown, field: 'requests' | 'limits'): Amounts {
  const sum: Amounts = new Map();
  for (const container of listAt(pod, 'spec', 'containers')) add(sum, amountsOf(container, field));
  const sidecars: Amounts = new Map();
  const peak: Amounts = new Map();
  for (const container of listAt(pod, 'spec', 'initContainers')) {
    const own = amountsOf(container, field);
    if (stringAt(container, 'restartPolicy') === 'Always') {
      add(sidecars, own);
      raise(peak, sidecars);
      continue;
    }
    add(own, sidecars);
    raise(peak, own);
  }
  add(sum, sidecars);
  raise(sum, peak);
  const overhead = parsed(objectAt(pod, 'spec', 'overhead'));
  for (const [name, nanos] of overhead) {
    if (field === 'requests' || sum.has(name)) sum.set(name, (sum.get(name) ?? 0n) + nanos);
  }
  return sum;
}

function amountsOf(container: unknown, field: string): Amounts {
  return parsed(objectAt(container, 'resources', field));
}

function parsed(list: Record<string, unknown> | undefined): Amounts {
  return new Map(
    Object.entries(list ?? {}).map(([name, value]) => [name, quantityNanos(value) ?? 0n]),
  );
}

/** Adds `more` to `sum`. */
export function add(sum: Amounts, more: Amounts): void {
  for (const [name, nanos] of more) sum.set(name, (sum.get(name) ?? 0n) + nanos);
}

function raise(peak: Amounts, other: Amounts): void {
  for (const [name, nanos] of other) if (nanos > (peak.get(name) ?? 0n)) peak.set(name, nanos);
}

const NANO = 1_000_000_000n;

/** The text of an amount: binary suffixes for memory and storage where they need no fraction, decimal ones otherwise. */
export function formatNanos(name: string, nanos: bigint): string {
  const isBinary = /(?:memory|storage)$/.test(name) && nanos % (1024n * NANO) === 0n && nanos > 0n;
  const text = isBinary ? `${nanos / NANO / 1024n}Ki` : `${nanos}n`;
  return canonicalQuantity(text) ?? text;
}
