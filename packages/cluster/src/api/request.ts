/** What crosses the line between the bindings (HTTP, same process) and the handler that holds all semantics. */
import type { Readable } from 'node:stream';

import type { ConnectSession } from './streaming/session.ts';
import type { WatchFrame } from './watch/watch-frame.ts';

/** Who asks. Names as in Kubernetes: `system:serviceaccount:<namespace>:<name>`, groups like `system:masters`. */
export interface User {
  name: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

export interface ApiRequest {
  /** `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD`. */
  method: string;
  /** Absolute path without query; segments are still URI-encoded. */
  path: string;
  query: URLSearchParams;
  /** Lowercase names. */
  headers: Record<string, string | undefined>;
  /** Bytes as they came over the wire, or a JSON value of a client in this process. Never changed by the handler. */
  body?: { bytes: Uint8Array } | { value: unknown };
  /** In place of `body` for what is passed on to a pod: the request as it comes over the wire, with its body unread. */
  wire?: { url: string; body: Readable };
  user: User;
  /** Address of the client, where there is a network in between. */
  remoteAddress?: string;
  /** Aborts when the client is gone; ends watches and log streams. */
  signal?: AbortSignal;
}

export type ApiHeaders = Record<string, string | string[]>;

export type ApiResponse =
  /**
   * A JSON document. `body` may be shared and must not be changed. With `bareItems` it is a list whose items go over the
   * wire without apiVersion and kind.
   */
  | { kind: 'json'; status: number; headers: ApiHeaders; body: unknown; bareItems?: boolean }
  | { kind: 'text'; status: number; headers: ApiHeaders; body: string }
  /** Bytes as they go over the wire, compressed or not as the headers say. */
  | { kind: 'bytes'; status: number; headers: ApiHeaders; body: Uint8Array }
  /** Text in chunks as it comes. The stream ends when the request's signal aborts. */
  | { kind: 'stream'; status: number; headers: ApiHeaders; chunks: AsyncIterable<string> }
  /** What a pod answers, as it comes; without a body for `HEAD`. Must be read, or the request's signal aborted. */
  | { kind: 'proxied'; status: number; headers: ApiHeaders; chunks: AsyncIterable<Uint8Array> }
  /** A watch. Iterate once; ends when the request's signal aborts or the server ends it. */
  | { kind: 'watch'; status: number; headers: ApiHeaders; frames: AsyncIterable<WatchFrame> }
  /** A connection to be upgraded: the binding serves the session over the protocol its client asks for. */
  | { kind: 'connect'; status: 101; headers: ApiHeaders; session: ConnectSession };

/** Answers every request; refusals are answers too. Never rejects. */
export type ApiHandler = (request: ApiRequest) => Promise<ApiResponse>;

export function json(body: unknown, status = 200, headers: ApiHeaders = {}): ApiResponse {
  return { kind: 'json', status, headers, body };
}

export function plainText(status: number, body: string): ApiResponse {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache, private',
  };
  return { kind: 'text', status, headers, body };
}

/** What none of the API groups of this server knows, in the words of Go's HTTP server. */
export function pageNotFound(): ApiResponse {
  return plainText(404, '404 page not found\n');
}
