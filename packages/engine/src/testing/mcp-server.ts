/** A real MCP server on a real port, for tests: streamable HTTP with sessions, which can die and come back. */
import { randomUUID } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { McpServer, type Transport } from '@modelcontextprotocol/server';

export interface TestMcpServer {
  readonly url: string;
  readonly port: number;
  /** One entry per session, in order. */
  readonly servers: McpServer[];
  /** Headers of every request. */
  readonly requests: IncomingHttpHeaders[];
  /** Drops all connections and forgets all sessions; answers nothing until `revive`. */
  kill(): Promise<void>;
  revive(): Promise<void>;
  /** Forgets the sessions only, as a restarted server does. */
  forgetSessions(): void;
}

/** `register` gives each session its tools. */
export async function startMcpServer(
  register: (server: McpServer) => void,
  tls?: { key: string; cert: string },
): Promise<TestMcpServer> {
  const servers: McpServer[] = [];
  const requests: IncomingHttpHeaders[] = [];
  const sessions = new Map<string, NodeStreamableHTTPServerTransport>();

  const open = async () => {
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    const server = new McpServer({ name: 'test', version: '1.0.0' });
    register(server);
    servers.push(server);
    await server.connect(transport);
    return transport;
  };

  const answer: RequestListener = (request, response) => {
    requests.push(request.headers);
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (id !== undefined && !known) {
      response.writeHead(404).end('session not found');
      return;
    }
    const handle = async () => (known ?? (await open())).handleRequest(request, response);
    handle().catch(() => response.destroy());
  };
  const make = () => (tls ? createTlsServer(tls, answer) : createServer(answer));

  let http: Server = make();
  const listen = (port: number) =>
    new Promise<number>((resolve) => {
      http.listen(port, '127.0.0.1', () => resolve((http.address() as AddressInfo).port));
    });
  const port = await listen(0);
  return {
    url: `http${tls ? 's' : ''}://127.0.0.1:${port}/mcp`,
    port,
    servers,
    requests,
    kill: () =>
      new Promise((resolve) => {
        sessions.clear();
        http.close(() => resolve());
        http.closeAllConnections();
      }),
    async revive() {
      http = make();
      await listen(port);
    },
    forgetSessions: () => sessions.clear(),
  };
}

export interface TestSseServer {
  readonly url: string;
  readonly requests: IncomingHttpHeaders[];
  /** Sessions so far. */
  readonly sessions: number;
  /** Drops the event streams. */
  dropStreams(): void;
  close(): Promise<void>;
}

/** The older transport: one event stream for answers, POSTs for requests. */
export async function startSseMcpServer(
  register: (server: McpServer) => void,
): Promise<TestSseServer> {
  const requests: IncomingHttpHeaders[] = [];
  const streams = new Map<string, { transport: Transport; response: ServerResponse }>();
  let sessions = 0;

  const http = createServer((request, response) => {
    requests.push(request.headers);
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'GET') {
      const id = String((sessions += 1));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`event: endpoint\ndata: /messages?session=${id}\n\n`);
      const transport: Transport = {
        start: async () => undefined,
        close: async () => void response.end(),
        send: async (message) =>
          void response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`),
      };
      streams.set(id, { transport, response });
      const server = new McpServer({ name: 'sse', version: '1' });
      register(server);
      server.connect(transport).catch(() => response.destroy());
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const stream = streams.get(url.searchParams.get('session') ?? '');
      response.writeHead(stream ? 202 : 404).end();
      stream?.transport.onmessage?.(JSON.parse(Buffer.concat(chunks).toString()));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/sse`,
    requests,
    get sessions() {
      return sessions;
    },
    dropStreams() {
      for (const { response } of streams.values()) response.destroy();
      streams.clear();
    },
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

/** A port nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
