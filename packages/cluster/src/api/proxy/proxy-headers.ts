/** What of a header crosses the proxy. Credentials for the API server never do. */
import type { IncomingHttpHeaders } from 'node:http';

import type { ApiHeaders } from '../request.ts';

/** RFC 9110, section 7.6.1, and what older proxies send. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Ours to answer (`expect`), about us (`host`), or a secret. */
const NOT_FORWARDED = new Set(['authorization', 'expect', 'host', 'http2-settings']);

export interface RequestHeaders {
  headers: Record<string, string | undefined>;
  /** `Host` of the pod. */
  host: string;
  /** Path of the request as the client sent it. */
  uri: string;
  remoteAddress?: string;
}

/** Headers of the request to the pod. */
export function forwardedHeaders(request: RequestHeaders): Record<string, string> {
  const { headers, host, uri, remoteAddress } = request;
  const named = connectionNames(headers['connection']);
  const kept = Object.entries(headers).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !HOP_BY_HOP.has(entry[0]) &&
      !NOT_FORWARDED.has(entry[0]) &&
      !named.has(entry[0]) &&
      !entry[0].startsWith('impersonate-'),
  );
  const chain = [headers['x-forwarded-for'] ?? [], remoteAddress ?? []].flat().join(', ');
  return {
    ...Object.fromEntries(kept),
    host,
    'x-forwarded-uri': uri,
    ...(chain !== '' && { 'x-forwarded-for': chain }),
  };
}

/** Headers of the answer to the client: a pod does not decide which web pages may read the API server's answers. */
export function returnedHeaders(headers: IncomingHttpHeaders): ApiHeaders {
  const named = connectionNames(headers.connection);
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] =>
        entry[1] !== undefined &&
        !HOP_BY_HOP.has(entry[0]) &&
        !named.has(entry[0]) &&
        !entry[0].startsWith('access-control-'),
    ),
  );
}

function connectionNames(header: string | undefined): ReadonlySet<string> {
  return new Set((header ?? '').split(',').map((name) => name.trim().toLowerCase()));
}
