/** Reads resource paths back into what they name. */
import type { FakeKind } from './fake-api.ts';

export interface FakeTarget {
  kind: FakeKind;
  namespace?: string;
  name?: string;
  subresource?: string;
}

/** `undefined` for a kind that is not served. */
export function parseResourcePath(
  served: readonly FakeKind[],
  path: string,
): FakeTarget | undefined {
  const segments = path.split('/').slice(1).map(decodeURIComponent);
  const isCore = segments.shift() === 'api';
  const group = isCore ? '' : (segments.shift() ?? '');
  const version = segments.shift();
  const isNamespaced =
    segments[0] === 'namespaces' && segments.length > 2 && !isNamespaceSubresource(segments);
  const namespace = isNamespaced ? segments.splice(0, 2)[1] : undefined;
  const [plural, name, subresource] = segments;
  const kind = served.find(
    (k) => k.group === group && k.version === version && k.plural === plural,
  );
  return kind === undefined ? undefined : { kind, namespace, name, subresource };
}

function isNamespaceSubresource(segments: string[]): boolean {
  return segments.length === 3 && (segments[2] === 'status' || segments[2] === 'finalize');
}
