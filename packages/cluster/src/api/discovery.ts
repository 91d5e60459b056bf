/** What the server says it serves: legacy and aggregated discovery. */
import { createHash } from 'node:crypto';

import { groupVersion } from './object.ts';
import { matchesEtag } from './openapi.ts';
import { parseAccept, requireOwnShape } from './representation.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import { json } from './request.ts';
import { compareVersions } from './resource-registry.ts';
import type { ResourceRegistry, ServedGroupVersion, ServedResource } from './resource-registry.ts';
import { segments } from './route.ts';
import { healthPaths } from './server-state.ts';

const ALL_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

interface ResponseKind {
  group: string;
  version: string;
  kind: string;
}

interface Subresource {
  name: string;
  verbs: string[];
  /** Of what the subresource is, when that is not the resource's own kind. */
  responseKind?: ResponseKind;
}

const CHANGE = ['get', 'patch', 'update'];
const CONNECT = ['create', 'get'];
const PROXY = ['create', 'delete', 'get', 'patch', 'update'];
const core = (kind: string): ResponseKind => ({ group: '', version: 'v1', kind });

/** Subresources beyond `status` and `scale`, by group and plural. */
const SUBRESOURCES: Record<string, Subresource[]> = {
  '/pods': [
    { name: 'attach', verbs: CONNECT, responseKind: core('PodAttachOptions') },
    { name: 'binding', verbs: ['create'], responseKind: core('Binding') },
    { name: 'ephemeralcontainers', verbs: CHANGE },
    {
      name: 'eviction',
      verbs: ['create'],
      responseKind: { group: 'policy', version: 'v1', kind: 'Eviction' },
    },
    { name: 'exec', verbs: CONNECT, responseKind: core('PodExecOptions') },
    { name: 'log', verbs: ['get'] },
    { name: 'portforward', verbs: CONNECT, responseKind: core('PodPortForwardOptions') },
    { name: 'proxy', verbs: PROXY, responseKind: core('PodProxyOptions') },
    { name: 'resize', verbs: CHANGE },
  ],
  '/namespaces': [{ name: 'finalize', verbs: ['update'] }],
  '/nodes': [{ name: 'proxy', verbs: PROXY, responseKind: core('NodeProxyOptions') }],
  '/services': [{ name: 'proxy', verbs: PROXY, responseKind: core('ServiceProxyOptions') }],
  '/serviceaccounts': [
    {
      name: 'token',
      verbs: ['create'],
      responseKind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
    },
  ],
  'certificates.k8s.io/certificatesigningrequests': [{ name: 'approval', verbs: CHANGE }],
};

/** As apiextensions lists them. */
const CUSTOM_VERBS = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
];
const TERMINATING_VERBS = ['delete', 'deletecollection', 'get', 'list', 'watch'];

/** What can be done with a resource. */
export function verbsOf({ definition }: ServedResource): string[] {
  return definition.verbs ?? ALL_VERBS;
}

/** The verbs of a resource in the order they are shown in. */
function shownVerbs(resource: ServedResource): string[] {
  if (!resource.isCustom) return verbsOf(resource);
  return resource.isTerminating ? TERMINATING_VERBS : CUSTOM_VERBS;
}

/** In alphabetical order; those of custom resources as apiextensions lists them, status first. */
function subresourcesOf(resource: ServedResource): Subresource[] {
  const { version, group, plural } = resource;
  const responseKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  const status = version.status ? [{ name: 'status', verbs: CHANGE }] : [];
  const scale = version.scale ? [{ name: 'scale', verbs: CHANGE, responseKind }] : [];
  if (resource.isCustom) return [...status, ...scale];
  return [...(SUBRESOURCES[`${group}/${plural}`] ?? []), ...scale, ...status].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

/** Whether there is such a path below the objects of a resource, for any method. */
export function hasSubresource(resource: ServedResource, subresource: string | undefined): boolean {
  return subresourcesOf(resource).some(({ name }) => name === subresource);
}

/** Answers `/`, `/api…` and `/apis…` when they name no resource; undefined for every other path. */
export function discover(registry: ResourceRegistry, request: ApiRequest): ApiResponse | undefined {
  const parts = segments(request.path) ?? [];
  const [root] = parts;
  if (root === undefined) return json({ paths: rootPaths(registry) });
  const isAll = parts.length === 1 && (root === 'api' || root === 'apis');
  const everything = isAll ? aggregated(registry, request, root === 'api') : undefined;
  if (everything) return everything;
  const found = isAll && root === 'api' ? apiVersions(request) : document(registry, parts);
  if (!found) return undefined;
  requireOwnShape(request);
  return json(found);
}

function apiVersions({ headers }: ApiRequest): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: headers['host'] ?? '' }],
  };
}

/** Legacy discovery of the core group's version, of all groups, of one, and of one of its versions. */
function document(registry: ResourceRegistry, parts: string[]): object | undefined {
  const [root, first, second] = parts;
  if (root === 'api' && parts.length === 2) return resourceList(registry, '', first ?? '');
  if (root !== 'apis' || parts.length > 3) return undefined;
  if (first === undefined) {
    const groups = groupNames(registry).map((name) => apiGroup(registry, name));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }
  if (second !== undefined) return resourceList(registry, first, second);
  if (!groupNames(registry).includes(first)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(registry, first) };
}

function groupNames(registry: ResourceRegistry): string[] {
  return [...new Set(registry.groupVersions().map(({ group }) => group))].filter(
    (group) => group !== '',
  );
}

function versionsOf(registry: ResourceRegistry, group: string): string[] {
  return registry
    .groupVersions()
    .filter((served) => served.group === group)
    .map(({ version }) => version)
    .toSorted(compareVersions);
}

function apiGroup(registry: ResourceRegistry, name: string): object {
  const versions = versionsOf(registry, name).map((version) => ({
    groupVersion: groupVersion(name, version),
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(
  registry: ResourceRegistry,
  group: string,
  version: string,
): object | undefined {
  const served = registry
    .groupVersions()
    .find((item) => item.group === group && item.version === version);
  if (!served) return undefined;
  return {
    kind: 'APIResourceList',
    // The core group is older than the field.
    ...(group !== '' && { apiVersion: 'v1' }),
    groupVersion: groupVersion(group, version),
    resources: served.resources.flatMap(legacyResources),
  };
}

function isKept(resource: ServedResource): boolean {
  return resource.definition.compute === undefined && verbsOf(resource).includes('get');
}

function legacyResources(resource: ServedResource): object[] {
  const { definition, plural, kind, namespaced, group, version } = resource;
  const own = {
    name: plural,
    singularName: definition.singular,
    namespaced,
    kind,
    verbs: shownVerbs(resource),
    ...(definition.shortNames.length > 0 && { shortNames: definition.shortNames }),
    ...(definition.categories.length > 0 && { categories: definition.categories }),
    ...(isKept(resource) && { storageVersionHash: storageVersionHash(resource) }),
  };
  const parts = subresourcesOf(resource).map(({ name, verbs, responseKind }) => {
    const isOwn = responseKind?.group === group && responseKind.version === version.version;
    return {
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      ...(isOwn || !responseKind ? {} : responseKind),
      kind: responseKind?.kind ?? kind,
      verbs,
    };
  });
  return [own, ...parts];
}

/** Kinds that Kubernetes 1.35 still stores in an older version than the one they are served in. */
const STORED_AS: Record<string, string> = {
  CustomResourceDefinition: 'apiextensions.k8s.io/v1beta1',
  VolumeAttributesClass: 'storage.k8s.io/v1beta1',
};

/** Tells clients whether two resources are stored as the same thing; computed as apiserver does. */
function storageVersionHash({ storageApiVersion, kind, isCustom }: ServedResource): string {
  const stored = (isCustom ? undefined : STORED_AS[kind]) ?? storageApiVersion;
  const version = stored.includes('/') ? stored : `/${stored}`;
  const digest = createHash('sha256').update(`${version}/${kind}`).digest();
  return digest.subarray(0, 8).toString('base64');
}

/** Everything in one document, when the client can read it. */
function aggregated(
  registry: ResourceRegistry,
  request: ApiRequest,
  isCore: boolean,
): ApiResponse | undefined {
  const version = aggregatedVersion(request);
  if (version === undefined) return undefined;
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const ofCore = registry.groupVersions().filter(({ group }) => group === '');
  const hash = isCore ? ofCore.map((served) => served.hash).join('') : registry.hash;
  const headers = { 'content-type': contentType, etag: `"${hash}"`, vary: 'Accept' };
  if (matchesEtag(request.headers['if-none-match'], headers.etag)) {
    return { kind: 'text', status: 304, headers, body: '' };
  }
  const groups = isCore ? [''] : groupNames(registry);
  const items = groups.map((name) => ({
    metadata: { ...(name !== '' && { name }) },
    versions: versionsOf(registry, name).flatMap((version_) =>
      registry
        .groupVersions()
        .filter((item) => item.group === name && item.version === version_)
        .map(discoveredVersion),
    ),
  }));
  const body = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items,
  };
  return json(body, 200, headers);
}

function aggregatedVersion(request: ApiRequest): string | undefined {
  for (const { type, parameters } of parseAccept(request.headers['accept'])) {
    if (type !== 'application/json') continue;
    if (parameters['as'] === undefined) return undefined;
    const version = parameters['v'];
    if (parameters['g'] === 'apidiscovery.k8s.io' && version === 'v2') return version;
  }
  return undefined;
}

function discoveredVersion({ version, resources }: ServedGroupVersion): object {
  return { version, freshness: 'Current', resources: resources.map(discoveredResource) };
}

function discoveredResource(resource: ServedResource): object {
  const { definition, plural, kind, group, version, namespaced, isCustom } = resource;
  const own: ResponseKind = { group, version: version.version, kind };
  // What is in the same group version is left out for built-in kinds, and written as empty.
  const shown = (of: ResponseKind) =>
    !isCustom && of.group === group && of.version === version.version
      ? { group: '', version: '', kind: of.kind }
      : of;
  const subresources = subresourcesOf(resource).map(({ name, responseKind = own, verbs }) => ({
    subresource: name,
    responseKind: shown(responseKind),
    verbs,
  }));
  return {
    resource: plural,
    responseKind: shown(own),
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs: shownVerbs(resource),
    ...(definition.shortNames.length > 0 && { shortNames: definition.shortNames }),
    ...(definition.categories.length > 0 && { categories: definition.categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}

function rootPaths(registry: ResourceRegistry): string[] {
  const groups = groupNames(registry).flatMap((group) => [
    `/apis/${group}`,
    ...versionsOf(registry, group).map((version) => `/apis/${groupVersion(group, version)}`),
  ]);
  return [
    '/.well-known/openid-configuration',
    '/api',
    '/api/v1',
    '/apis',
    '/apis/',
    ...groups,
    ...healthPaths(),
    '/metrics',
    '/metrics/slis',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/',
    '/openid/v1/jwks',
    '/version',
  ].toSorted();
}
