/** Puts a Transport behind a real HTTP server, so that HTTP clients can be tested against any of them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeError } from '../errors.ts';
import { parseJson } from '../parse-json.ts';
import type { KubeRequest, Transport } from '../transport.ts';

export interface ServedTransport {
  url: string;
  port: number;
  /** Headers of the requests so far. */
  headers: IncomingMessage['headers'][];
  /** Cuts all connections and stops listening. */
  stop(): Promise<void>;
}

export async function serveTransport(transport: Transport, port = 0): Promise<ServedTransport> {
  const headers: IncomingMessage['headers'][] = [];
  const server: Server = createServer((request, response) => {
    headers.push(request.headers);
    void answer({ transport, request, response });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    headers,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Exchange {
  transport: Transport;
  request: IncomingMessage;
  response: ServerResponse;
}

async function answer({ transport, request, response }: Exchange): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const call: KubeRequest = {
    method: request.method as KubeRequest['method'],
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: request.headers as Record<string, string>,
    body: text === '' ? undefined : parseJson(text),
    signal: gone.signal,
  };
  try {
    if (call.query?.['watch'] === 'true')
      await pipe(response, { type: 'application/json', lines: await transport.watch(call) });
    else if (call.path.endsWith('/log'))
      await pipe(response, { type: 'text/plain', lines: await transport.stream(call) });
    else {
      const { status, headers, body } = await transport.request(call);
      const isText = typeof body === 'string';
      // A transport without a wire may leave the type of a JSON body out.
      const type = isText ? {} : { 'content-type': 'application/json' };
      response.writeHead(status, { ...type, ...headers }).end(isText ? body : JSON.stringify(body));
    }
  } catch (error) {
    const status = error instanceof KubeError ? error.code : 500;
    if (!response.headersSent)
      response.writeHead(status || 500, { 'content-type': 'application/json' });
    response.end(error instanceof KubeError ? JSON.stringify(error.status) : '');
  }
}

async function pipe(
  response: ServerResponse,
  { type, lines }: { type: string; lines: AsyncIterable<unknown> },
): Promise<void> {
  response.writeHead(200, { 'content-type': type });
  response.flushHeaders();
  for await (const line of lines) {
    const isOpen = response.write(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`);
    if (!isOpen && !response.destroyed)
      await new Promise<void>((resolve) => {
        response.once('drain', resolve);
        response.once('close', resolve);
      });
    if (response.destroyed) return;
  }
  response.end();
}
