/**
 * How a client reaches an API server. Two implementations exist: HTTP over undici (any cluster) and a call in the same
 * process (the embedded cluster). Everything above speaks this port only.
 */

export interface KubeRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path, e.g. `/apis/apps/v1/namespaces/kagent/deployments`. Segments are already URI-encoded. */
  path: string;
  query?: Record<string, string>;
  /** Lowercase names. `content-type` defaults to `application/json` when there is a body. */
  headers?: Record<string, string>;
  /** A JSON value. */
  body?: unknown;
  signal?: AbortSignal;
}

export interface KubeResponse {
  status: number;
  headers: Record<string, string>;
  /** Parsed JSON when the server sent JSON, else the text. Callers must not change it: it may be shared. */
  body: unknown;
}

export interface Transport {
  /** One request, one answer. Resolves for every HTTP status; rejects only when there was no answer. */
  request(request: KubeRequest): Promise<KubeResponse>;
  /**
   * A watch: resolves once the server has accepted it and yields parsed watch events in order. A refusal rejects with
   * a `KubeError`. The stream ends when the server closes it or the signal aborts.
   */
  watch(request: KubeRequest): Promise<AsyncIterable<unknown>>;
  /** A text stream (pod logs), yielded in chunks as they come. A refusal rejects with a `KubeError`. */
  stream(request: KubeRequest): Promise<AsyncIterable<string>>;
}
