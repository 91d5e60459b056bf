/** `/openapi/v3`: the index with hashes and one document for each group version, made when first asked for; an empty v2. */
import { openApiV3 } from '../builtin/openapi.ts';
import type { KindDefinition } from './kinds.ts';
import { groupVersion } from './object.ts';
import { json } from './request.ts';
import type { ApiRequest, ApiResponse } from './request.ts';
import type { ResourceRegistry, ServedGroupVersion } from './resource-registry.ts';
import { unknownPath } from './status-error.ts';

export class OpenApiPublisher {
  readonly #registry: ResourceRegistry;
  readonly #documents = new Map<string, { hash: string; document: object }>();

  constructor(registry: ResourceRegistry) {
    this.#registry = registry;
  }

  /** Answers paths below `/openapi`. */
  answer(request: ApiRequest): ApiResponse {
    if (request.path === '/openapi/v2') return emptyV2(request);
    if (request.path === '/openapi/v3' || request.path === '/openapi/v3/') return this.#index();
    const path = request.path.replace(/^\/openapi\/v3\//, '');
    const served = this.#registry.groupVersions().find((item) => documentPath(item) === path);
    if (!served || path === request.path) throw unknownPath();
    const headers = cacheHeaders(served.hash, request.query.get('hash') === served.hash);
    if (request.headers['if-none-match'] === headers.etag)
      return { kind: 'text', status: 304, headers, body: '' };
    return json(this.#document(served), 200, headers);
  }

  #index(): ApiResponse {
    const paths = this.#registry.groupVersions().map((served) => {
      const path = documentPath(served);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${served.hash}` }];
    });
    return json({ paths: Object.fromEntries(paths) }, 200, {
      'cache-control': 'no-cache, private',
      vary: 'Accept',
    });
  }

  #document(served: ServedGroupVersion): object {
    const path = documentPath(served);
    const known = this.#documents.get(path);
    if (known?.hash === served.hash) return known.document;
    const kinds: KindDefinition[] = [
      ...new Set(served.resources.map((resource) => resource.definition)),
    ];
    const document = openApiV3({ group: served.group, version: served.version, kinds });
    this.#documents.set(path, { hash: served.hash, document });
    return document;
  }
}

/**
 * Version 2 says nothing: clients have everything from version 3. kubectl asks for it when version 3 does not know a kind;
 * with an answer it goes on and says so, without one it complains about the document.
 */
function emptyV2(request: ApiRequest): ApiResponse {
  if (!/spec\.v2[@.]v1\.0\+protobuf/.test(request.headers['accept'] ?? '')) {
    const info = { title: 'Kubernetes', version: 'unversioned' };
    return json({ swagger: '2.0', info, paths: {} }, 200);
  }
  // field 1, `swagger`
  const body = '\u000a\u00032.0';
  return {
    kind: 'text',
    status: 200,
    headers: { 'content-type': 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' },
    body,
  };
}

function documentPath({ group, version }: ServedGroupVersion): string {
  return group === '' ? `api/${version}` : `apis/${groupVersion(group, version)}`;
}

/** A document asked for by its hash never changes. */
function cacheHeaders(hash: string, isPinned: boolean): { etag: string; [name: string]: string } {
  const caching = isPinned ? 'public, immutable, max-age=31536000' : 'no-cache, private';
  return { etag: `"${hash}"`, 'cache-control': caching, vary: 'Accept' };
}
