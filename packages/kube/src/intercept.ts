/** Puts a function in front of a Transport: to inject failures in tests, to count, to delay. */
import type { KubeRequest, KubeResponse, Transport } from './transport.ts';

/** Each hook may answer itself, throw, or call `next` (with the request, or another one). Missing hooks pass through. */
export interface TransportInterceptor {
  request?(
    request: KubeRequest,
    next: (request: KubeRequest) => Promise<KubeResponse>,
  ): Promise<KubeResponse>;
  watch?(
    request: KubeRequest,
    next: (request: KubeRequest) => Promise<AsyncIterable<unknown>>,
  ): Promise<AsyncIterable<unknown>>;
  stream?(
    request: KubeRequest,
    next: (request: KubeRequest) => Promise<AsyncIterable<string>>,
  ): Promise<AsyncIterable<string>>;
}

export function interceptTransport(transport: Transport, hooks: TransportInterceptor): Transport {
  return {
    async request(request) {
      const next = (other: KubeRequest) => transport.request(other);
      return await (hooks.request?.(request, next) ?? next(request));
    },
    async watch(request) {
      const next = (other: KubeRequest) => transport.watch(other);
      return await (hooks.watch?.(request, next) ?? next(request));
    },
    async stream(request) {
      const next = (other: KubeRequest) => transport.stream(other);
      return await (hooks.stream?.(request, next) ?? next(request));
    },
  };
}
