/** Discovery documents and Table output of the fake API server. */
import type { KubeRequest } from '../transport.ts';
import type { KubeObject } from '../types.ts';
import type { FakeKind } from './fake-api.ts';

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

function resourceList(kinds: readonly FakeKind[], groupVersion: string): unknown {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: kinds.map((kind) => ({
      name: kind.plural,
      singularName: kind.kind.toLowerCase(),
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: VERBS,
      shortNames: kind.shortNames,
    })),
  };
}

/** The older, unaggregated discovery, which every server has. `undefined` when the path is not a discovery path. */
export function discoveryAnswer(served: readonly FakeKind[], request: KubeRequest): unknown {
  const segments = request.path.split('/').slice(1);
  if (request.path === '/version') return { major: '1', minor: '35', gitVersion: 'v1.35.0-fake' };
  if (request.path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (request.path === '/api/v1')
    return resourceList(
      served.filter((kind) => kind.group === ''),
      'v1',
    );
  if (request.path === '/apis') {
    const groups = [...new Set(served.map((kind) => kind.group))].filter((group) => group !== '');
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groups.map((name) => {
        const versions = [
          ...new Set(served.filter((kind) => kind.group === name).map((kind) => kind.version)),
        ];
        const entries = versions.map((version) => ({
          groupVersion: `${name}/${version}`,
          version,
        }));
        return { name, versions: entries, preferredVersion: entries[0] };
      }),
    };
  }
  if (segments[0] === 'apis' && segments.length === 3) {
    const [, group, version] = segments;
    const kinds = served.filter((kind) => kind.group === group && kind.version === version);
    return kinds.length === 0 ? undefined : resourceList(kinds, `${group}/${version}`);
  }
  return undefined;
}

export function isTableRequest(request: KubeRequest): boolean {
  return request.headers?.['accept']?.includes('as=Table') === true;
}

/** Name, Status (a pod's or namespace's phase) and Age; `Node` has priority 1, so it is shown in wide output only. */
export function toTable(
  items: readonly KubeObject[],
  { metadata, now }: { metadata: Record<string, unknown>; now: number },
): unknown {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', priority: 0 },
      { name: 'Status', type: 'string', priority: 0 },
      { name: 'Age', type: 'string', priority: 0 },
      { name: 'Node', type: 'string', priority: 1 },
    ],
    rows: items.map((object) => {
      const { status, spec } = object as KubeObject & {
        status?: { phase?: string };
        spec?: { nodeName?: string };
      };
      const age = Math.max(
        0,
        Math.round((now - Date.parse(object.metadata.creationTimestamp ?? '')) / 1000),
      );
      return {
        cells: [object.metadata.name, status?.phase ?? '', `${age}s`, spec?.nodeName ?? '<none>'],
        object: {
          kind: 'PartialObjectMetadata',
          apiVersion: 'meta.k8s.io/v1',
          metadata: object.metadata,
        },
      };
    }),
  };
}
