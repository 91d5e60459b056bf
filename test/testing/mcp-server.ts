/** A real MCP server in the test process, so that the test sees every call that reaches it. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

export interface TestTool {
  description?: string;
  /** Harmless to repeat. Default false. */
  readOnly?: boolean;
  run(args: { text?: string | undefined }): string | Promise<string>;
}

export interface TestMcpServer {
  /** Streamable HTTP endpoint; the same after a restart. */
  url: string;
  /** Tool names in the order the calls arrived. */
  readonly calls: string[];
  /** Headers of the requests, in order. */
  readonly headers: IncomingHttpHeaders[];
  /** RemoteMCPServer in namespace `kagent`. */
  manifest(name: string): string;
  /** Closes the port and all connections; `start` opens the same port again. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Every tool takes an optional `text`. */
export async function startMcpServer(tools: Record<string, TestTool>): Promise<TestMcpServer> {
  const calls: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const mcp = createMcpHandler(() => {
    const server = new McpServer({ name: 'test', version: '1' });
    for (const [name, tool] of Object.entries(tools)) {
      const settings = {
        description: tool.description ?? name,
        inputSchema: z.object({ text: z.string().optional() }),
        annotations: { readOnlyHint: tool.readOnly ?? false },
      };
      server.registerTool(name, settings, async (args) => {
        calls.push(name);
        return { content: [{ type: 'text', text: await tool.run(args) }] };
      });
    }
    return server;
  });
  const answer = toNodeHandler(mcp);
  let listening: Server | undefined;
  let port = 0;
  const start = async () => {
    listening = createServer((request, response) => {
      headers.push(request.headers);
      void answer(request, response);
    });
    listening.listen(port, '127.0.0.1');
    await once(listening, 'listening');
    port = (listening.address() as AddressInfo).port;
  };
  await start();
  const url = `http://127.0.0.1:${port}/mcp`;
  return {
    url,
    calls,
    headers,
    start,
    manifest: (name) => `
apiVersion: kagent.dev/v1alpha2
kind: RemoteMCPServer
metadata: { name: ${name}, namespace: kagent }
spec: { description: Tools of a test, url: "${url}" }
---
`,
    async stop() {
      if (!listening?.listening) return;
      const closed = once(listening, 'close');
      listening.close();
      listening.closeAllConnections();
      await closed;
    },
  };
}
