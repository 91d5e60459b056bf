/** `fetch` for code that lives in a pod of the embedded node: cluster names resolve, everything else goes out as usual. */
import { Agent, buildConnector, fetch as undiciFetch } from 'undici';

export type Resolve = (host: string, port: number) => { host: string; port: number } | undefined;

/** One connection pool; close it with `close()`. */
export interface ClusterFetch {
  fetch: typeof globalThis.fetch;
  close(): Promise<void>;
}

/** Streams may be silent for long; deadlines come from signals, not from the socket. */
const NO_TIMEOUT = 0;

export function createClusterFetch(resolve: Resolve): ClusterFetch {
  const connectDirect = buildConnector({ timeout: 10_000 });
  const dispatcher = new Agent({
    headersTimeout: NO_TIMEOUT,
    bodyTimeout: NO_TIMEOUT,
    connect(options, callback) {
      const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
      const target = resolve(options.hostname, port);
      const { host, port: targetPort } = target ?? { host: options.hostname, port };
      connectDirect(
        { ...options, hostname: host, host: `${host}:${targetPort}`, port: String(targetPort) },
        callback,
      );
    },
  });
  const fetch: typeof globalThis.fetch = (input, init) =>
    // the types of undici and of the global differ in details that do not matter here
    undiciFetch(input as Parameters<typeof undiciFetch>[0], {
      ...(init as Parameters<typeof undiciFetch>[1]),
      dispatcher,
    }) as unknown as Promise<Response>;
  return { fetch, close: () => dispatcher.destroy() };
}
