/** An MCP server that answers by asking another one. */
import type { Client } from '@modelcontextprotocol/client';
import {
  type Progress,
  type RequestMethod,
  Server,
  type ServerCapabilities,
  type ServerNotification,
  type ServerResult,
} from '@modelcontextprotocol/server';

const METHODS = {
  tools: ['tools/list', 'tools/call'],
  resources: ['resources/list', 'resources/templates/list', 'resources/read'],
  prompts: ['prompts/list', 'prompts/get'],
  completions: ['completion/complete'],
} as const satisfies Partial<Record<keyof ServerCapabilities, readonly RequestMethod[]>>;

/** The caller's signal is what bounds a call; this only keeps the SDK's one minute out of the way. */
const CALL_TIMEOUT_MS = 60 * 60_000;

/** Has the identity and capabilities of the server behind `client`, except what needs a lasting session. */
export function createBridge(client: Client): Server {
  const theirs = client.getServerCapabilities() ?? {};
  const capabilities: ServerCapabilities = {};
  const methods: RequestMethod[] = [];
  for (const key of ['tools', 'resources', 'prompts', 'completions'] as const) {
    if (theirs[key] === undefined) continue;
    capabilities[key] = {};
    methods.push(...METHODS[key]);
  }
  const info = client.getServerVersion() ?? { name: 'unknown', version: '0' };
  const server = new Server(info, { capabilities, instructions: client.getInstructions() });
  for (const method of methods) forward(server, client, method);
  return server;
}

function forward(server: Server, client: Client, method: RequestMethod): void {
  server.setRequestHandler(method, async ({ params }, { mcpReq }) => {
    const progressToken = params?._meta?.progressToken;
    const onprogress = (progress: Progress) => {
      const notification = {
        method: 'notifications/progress',
        params: { ...progress, progressToken },
      };
      mcpReq.notify(notification as ServerNotification).catch(() => undefined);
    };
    const options = { signal: mcpReq.signal, timeout: CALL_TIMEOUT_MS };
    const request = { method, params: { ...params } };
    const result: unknown = await client.request(
      request,
      progressToken === undefined ? options : { ...options, onprogress },
    );
    return result as ServerResult;
  });
}
