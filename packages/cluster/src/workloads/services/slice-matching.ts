/** Which stored EndpointSlice becomes which of those a Service should have. Pure. */
import { isDeepStrictEqual } from 'node:util';

import { hashName } from '../names.ts';
import type { EndpointSlice } from '../objects.ts';

export interface SlicePair {
  /** Has the name of `old`, or one that no other slice has. */
  wanted: EndpointSlice;
  old: EndpointSlice | undefined;
}

/** What makes two versions of a slice different. */
export function content(slice: EndpointSlice): unknown {
  return [slice.endpoints ?? [], slice.ports ?? [], slice.metadata.labels];
}

/** By name, then by ports, then whatever is left over; `surplus` is to be deleted. */
export function matchSlices(
  slices: EndpointSlice[],
  existing: EndpointSlice[],
): { pairs: SlicePair[]; surplus: EndpointSlice[] } {
  const free = new Set(existing);
  const found = new Map<EndpointSlice, EndpointSlice>();
  const take = (fits: (wanted: EndpointSlice, old: EndpointSlice) => boolean): void => {
    for (const wanted of slices) {
      if (found.has(wanted)) continue;
      const old = [...free].find((one) => fits(wanted, one));
      if (old === undefined) continue;
      free.delete(old);
      found.set(wanted, old);
    }
  };
  const hasSamePorts = (a: EndpointSlice, b: EndpointSlice): boolean =>
    isDeepStrictEqual(a.ports ?? [], b.ports ?? []);
  const isNamesake = (a: EndpointSlice, b: EndpointSlice): boolean =>
    a.metadata.name === b.metadata.name;
  take((wanted, old) => isNamesake(wanted, old) && hasSamePorts(wanted, old));
  take(hasSamePorts);
  take(() => true);
  const taken = new Set(existing.map(({ metadata }) => metadata.name));
  const pairs = slices.map((wanted): SlicePair => {
    const old = found.get(wanted);
    const name = old?.metadata.name ?? freeName(wanted, taken);
    taken.add(name);
    return { wanted: { ...wanted, metadata: { ...wanted.metadata, name } }, old };
  });
  return { pairs, surplus: [...free] };
}

function freeName({ metadata }: EndpointSlice, taken: ReadonlySet<string>): string {
  let { name } = metadata;
  for (let tries = 1; taken.has(name); tries += 1)
    name = `${metadata.generateName ?? ''}${hashName(metadata.name, tries).slice(0, 5)}`;
  return name;
}
