/** The downward API: pod fields and container resources as text, for env (`valueFrom`) and for files. */
import { ConfigProblem } from './config-problem.ts';
import type { PodFacts } from './config-source.ts';
import type { Container, FieldRef, IntOrString, ResourceFieldRef } from '../workloads/objects.ts';

const SUBSCRIPT = /^metadata\.(labels|annotations)\['([^']+)'\]$/;

function formatMap(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** Value of a `fieldRef`. An unsupported path is a ConfigProblem. */
export function fieldValue(facts: PodFacts, ref: FieldRef): string {
  const { metadata, spec } = facts.pod;
  const subscript = SUBSCRIPT.exec(ref.fieldPath);
  if (subscript !== null) {
    const map = subscript[1] === 'labels' ? metadata.labels : metadata.annotations;
    return map?.[subscript[2]!] ?? '';
  }
  switch (ref.fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    case 'spec.nodeName':
      return facts.nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? 'default';
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIP;
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIP;
    default:
      throw new ConfigProblem(`unsupported fieldPath: ${ref.fieldPath}`);
  }
}

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60,
}; // prettier-ignore

/** Number of a resource quantity such as `500m`, `1Gi`, `2e3`. */
export function parseQuantity(quantity: IntOrString): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(String(quantity).trim());
  const factor = match === null ? undefined : SUFFIXES[match[2]!];
  if (match === null || factor === undefined)
    throw new ConfigProblem(`invalid quantity: ${String(quantity)}`);
  return Number(match[1]) * factor;
}

/** Value of a `resourceFieldRef`, rounded up in units of its divisor; without a limit the node's capacity. */
export function resourceValue(
  facts: PodFacts,
  ref: ResourceFieldRef,
  container: Container | undefined,
): string {
  const [list, name] = ref.resource.split('.', 2);
  if (container === undefined || name === undefined || (list !== 'limits' && list !== 'requests')) {
    throw new ConfigProblem(`unsupported container resource: ${ref.resource}`);
  }
  const limit = container.resources?.limits?.[name];
  const given = list === 'limits' ? limit : (container.resources?.requests?.[name] ?? limit);
  const fallback =
    list === 'requests'
      ? 0
      : name === 'cpu'
        ? facts.capacity.cpu
        : name === 'memory'
          ? facts.capacity.memory
          : 0;
  const value = given === undefined ? fallback : parseQuantity(given);
  const divisor =
    ref.divisor === undefined || String(ref.divisor) === '0' ? 1 : parseQuantity(ref.divisor);
  return String(Math.ceil(value / divisor));
}
