/** The HTTP+SSE transport of MCP 2024-11-05, for older clients: GET opens a stream, POST sends into it. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  isJSONRPCRequest,
  parseJSONRPCMessage,
  type Server,
  type Transport,
} from '@modelcontextprotocol/server';

export interface SseSessions {
  /** `GET /sse`: stays open until the client leaves. */
  open(server: Server, response: ServerResponse): Promise<void>;
  /** `POST /sse/message?sessionId=…`: answered with 202; the answer comes through the stream. */
  post(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): void;
}

const MAX_BODY = 4 * 1024 * 1024;

export function createSseSessions(): SseSessions {
  const sessions = new Map<string, { transport: Transport; response: ServerResponse }>();
  return {
    async open(server, response) {
      const sessionId = randomUUID();
      const transport: Transport = {
        sessionId,
        start: async () => {
          response.writeHead(200, {
            'content-type': 'text/event-stream',
            'cache-control': 'no-cache',
          });
          response.write(`event: endpoint\ndata: /sse/message?sessionId=${sessionId}\n\n`);
        },
        send: async (message) => {
          response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
        },
        close: async () => {
          sessions.delete(sessionId);
          response.end();
          transport.onclose?.();
        },
      };
      sessions.set(sessionId, { transport, response });
      response.on('close', () => void transport.close());
      await server.connect(transport);
    },
    async post(request, response) {
      const id = new URL(request.url ?? '', 'http://localhost').searchParams.get('sessionId') ?? '';
      const session = sessions.get(id);
      if (session === undefined) {
        response.writeHead(404).end('no such session');
        return;
      }
      const text = await readBody(request);
      if (text === undefined) {
        response.writeHead(413).end('body too large');
        return;
      }
      try {
        const message = parseJSONRPCMessage(JSON.parse(text));
        response.writeHead(202).end('Accepted');
        session.transport.onmessage?.(message, isJSONRPCRequest(message) ? {} : undefined);
      } catch {
        response.writeHead(400).end('not a JSON-RPC message');
      }
    },
    close() {
      for (const { transport } of sessions.values()) void transport.close();
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_BODY) return undefined;
  }
  return text;
}
