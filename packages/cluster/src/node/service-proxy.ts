/**
 * Cluster names for processes. A tenant resolves names by a call; a process has only the variables every HTTP client
 * knows. This proxy on loopback is what they point to: it sends `http://name.namespace:port` to an endpoint of the
 * Service and everything else where it was meant to go. The user name of the proxy URL carries the pod's namespace, so
 * that bare names resolve as well.
 */
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

import type { HostPort } from './addresses.ts';

export type ResolveName = (host: string, port: number, namespace?: string) => HostPort | undefined;

export interface ServiceProxy {
  /** For a process of a pod of this namespace; with `NODE_USE_ENV_PROXY` so that Node's own fetch follows it too. */
  env(namespace: string): Record<string, string>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const HOP_BY_HOP = new Set(['proxy-authorization', 'proxy-connection', 'connection', 'keep-alive']);

/** Listens on a free port. */
export async function startServiceProxy(resolve: ResolveName): Promise<ServiceProxy> {
  const server = createServer((request, response) => forward(request, { response, resolve }));
  server.on('connect', (request: IncomingMessage, socket: Socket) =>
    tunnel(request, { socket, resolve }),
  );
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(0, HOST, listening);
  });
  const { port } = server.address() as AddressInfo;
  return {
    env(namespace) {
      const url = `http://${namespace}@${HOST}:${port}`;
      const direct = `${HOST},localhost`;
      return {
        HTTP_PROXY: url,
        http_proxy: url,
        NO_PROXY: direct,
        no_proxy: direct,
        NODE_USE_ENV_PROXY: '1',
      };
    },
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

function forward(
  request: IncomingMessage,
  { response, resolve }: { response: ServerResponse; resolve: ResolveName },
): void {
  const url = URL.parse(request.url ?? '');
  if (url?.protocol !== 'http:') {
    response.writeHead(400).end('this is a proxy for http:// addresses\n');
    return;
  }
  const port = Number(url.port) || 80;
  const target = resolve(url.hostname, port, namespaceOf(request)) ?? { host: url.hostname, port };
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !HOP_BY_HOP.has(name)),
  );
  const onward = httpRequest(
    { ...target, method: request.method, path: `${url.pathname}${url.search}`, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    },
  );
  onward.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(`${url.host} can't be reached: ${error.message}\n`);
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

function tunnel(
  request: IncomingMessage,
  { socket, resolve }: { socket: Socket; resolve: ResolveName },
): void {
  const [host = '', portText = '443'] = (request.url ?? '').split(':');
  const port = Number(portText);
  const onward = connect(resolve(host, port, namespaceOf(request)) ?? { host, port }, () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    socket.pipe(onward).pipe(socket);
  });
  onward.on('error', () => socket.destroy());
  socket.on('error', () => onward.destroy());
}

/** RFC 7617 with the namespace as user name and no password. */
function namespaceOf(request: IncomingMessage): string | undefined {
  const encoded = /^Basic (\S+)$/i.exec(request.headers['proxy-authorization'] ?? '')?.[1];
  if (encoded === undefined) return undefined;
  return Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] || undefined;
}
