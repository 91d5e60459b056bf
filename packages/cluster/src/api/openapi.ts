/**
 * `/openapi/v3`, an index with hashes and one document for each group version, and `/openapi/v2`, one document of
 * everything. Documents are made when first asked for and kept as compressed bytes only, a tenth of what they are as
 * objects.
 */
import { gunzipSync, gzipSync } from 'node:zlib';

import { openApiV3 } from '../builtin/openapi.ts';
import type { OpenApiDocument } from '../builtin/openapi.ts';
import { encodeSwagger } from '../builtin/openapi-v2-protobuf.ts';
import { swaggerPart } from '../builtin/openapi-v2.ts';
import type { SwaggerPart } from '../builtin/openapi-v2.ts';
import { groupVersion } from './object.ts';
import { parseAccept } from './representation.ts';
import { json, pageNotFound } from './request.ts';
import type { ApiHeaders, ApiRequest, ApiResponse } from './request.ts';
import type { ResourceRegistry, ServedGroupVersion } from './resource-registry.ts';

/** A document that stays right until its hash changes. */
interface CachedDocument {
  hash: string;
  gzip: Buffer;
}

const INFO = { title: 'Kubernetes', version: 'unversioned' };
const V2_KEY = 'v2';

export class OpenApiPublisher {
  readonly #registry: ResourceRegistry;
  readonly #documents = new Map<string, CachedDocument>();

  constructor(registry: ResourceRegistry) {
    this.#registry = registry;
  }

  /** Answers paths below `/openapi`. Throws 404, 406. */
  answer(request: ApiRequest): ApiResponse {
    if (request.path === '/openapi/v2') return this.#v2(request);
    if (request.path === '/openapi/v3') return this.#index(request);
    if (!request.path.startsWith('/openapi/v3/')) return pageNotFound();
    const path = request.path.replace(/^\/openapi\/v3\//, '');
    const served = this.#registry.groupVersions().find((item) => documentPath(item) === path);
    if (!served) return withoutBody(404, {});
    const headers = cacheHeaders(served.hash, request.query.get('hash') === served.hash);
    if (isKnown(request, headers)) return notModified(headers);
    // A client in this process gets the document itself.
    if (!takesGzip(request)) return json(this.#document(served), 200, headers);
    const { gzip } = this.#cached(path, served.hash, () =>
      Buffer.from(`${JSON.stringify(this.#document(served))}\n`),
    );
    return gzipped(gzip, { 'content-type': 'application/json', ...headers });
  }

  #index(request: ApiRequest): ApiResponse {
    const headers = cacheHeaders(this.#registry.hash, false);
    if (isKnown(request, headers)) return notModified(headers);
    const paths = this.#registry.groupVersions().map((served) => {
      const path = documentPath(served);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${served.hash}` }];
    });
    const typed = { ...headers, 'content-type': 'text/plain; charset=utf-8' };
    return json({ paths: Object.fromEntries(paths) }, 200, typed);
  }

  #document(served: ServedGroupVersion): OpenApiDocument {
    const kinds = [...new Set(served.resources.map((resource) => resource.definition))];
    return openApiV3({ group: served.group, version: served.version, kinds });
  }

  #v2(request: ApiRequest): ApiResponse {
    const form = formOf(request);
    if (!form) return withoutBody(406, {});
    const { hash } = this.#registry;
    const headers = cacheHeaders(`${hash}-${form}`, false);
    if (isKnown(request, headers)) return notModified(headers);
    if (form === 'json') return json(this.#swagger(), 200, headers);
    const { gzip } = this.#cached(V2_KEY, hash, () => this.#swaggerBytes());
    const typed = { 'content-type': V2_PROTOBUF, ...headers };
    if (takesGzip(request)) return gzipped(gzip, typed);
    return { kind: 'bytes', status: 200, headers: typed, body: gunzipSync(gzip) };
  }

  /** One group version at a time, so that the objects of one only are in memory. */
  *#parts(): Generator<SwaggerPart> {
    for (const served of this.#registry.groupVersions()) yield swaggerPart(this.#document(served));
  }

  #swaggerBytes(): Buffer {
    const seen = new Set<string>();
    const pieces = [encodeSwagger({ swagger: '2.0', info: INFO })];
    for (const { paths, definitions } of this.#parts()) {
      for (const name of Object.keys(definitions)) {
        if (seen.has(name)) delete definitions[name];
        else seen.add(name);
      }
      pieces.push(encodeSwagger({ paths, definitions }));
    }
    return Buffer.concat(pieces);
  }

  #swagger(): object {
    const paths: SwaggerPart['paths'] = {};
    const definitions: SwaggerPart['definitions'] = {};
    for (const part of this.#parts()) {
      Object.assign(paths, part.paths);
      Object.assign(definitions, part.definitions);
    }
    return { swagger: '2.0', info: INFO, paths, definitions };
  }

  #cached(key: string, hash: string, make: () => Buffer): CachedDocument {
    const known = this.#documents.get(key);
    if (known?.hash === hash) return known;
    const made = { hash, gzip: gzipSync(make(), { level: 4 }) };
    this.#documents.set(key, made);
    return made;
  }
}

const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** What the client wants of version 2, JSON when it does not say; undefined for what there is not. */
function formOf(request: ApiRequest): 'json' | 'protobuf' | undefined {
  for (const { type } of parseAccept(request.headers['accept'])) {
    if (/^application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf$/.test(type))
      return 'protobuf';
    if (['application/json', 'application/*', '*/*'].includes(type)) return 'json';
  }
  return undefined;
}

function takesGzip(request: ApiRequest): boolean {
  return /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
}

function gzipped(body: Buffer, headers: ApiHeaders): ApiResponse {
  const encoded = { ...headers, 'content-encoding': 'gzip', vary: 'Accept, Accept-Encoding' };
  return { kind: 'bytes', status: 200, headers: encoded, body };
}

function notModified(headers: ApiHeaders): ApiResponse {
  return withoutBody(304, headers);
}

/** Refusals here are nothing but a code. */
function withoutBody(status: number, headers: ApiHeaders): ApiResponse {
  return { kind: 'text', status, headers, body: '' };
}

function documentPath({ group, version }: ServedGroupVersion): string {
  return group === '' ? `api/${version}` : `apis/${groupVersion(group, version)}`;
}

/** A document asked for by its hash never changes. */
function cacheHeaders(hash: string, isPinned: boolean): { etag: string; [name: string]: string } {
  const caching = isPinned ? 'public, immutable, max-age=31536000' : 'no-cache, private';
  return { etag: `"${hash}"`, 'cache-control': caching, vary: 'Accept' };
}

function isKnown(request: ApiRequest, headers: { etag: string }): boolean {
  return matchesEtag(request.headers['if-none-match'], headers.etag);
}

/** Whether an If-None-Match header names the tag; weak tags count, as for GET (RFC 9110, 13.1.2). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
