/** The scripted model behind its real wire, and the manifest that makes an agent use it. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Brain,
  type Conversation,
  createScriptedModel,
  mockLlmListener,
  parseModelScript,
} from '@kagent/engine';

export interface ModelServer {
  /** Without a path. */
  url: string;
  /** ModelConfig in namespace `kagent` for this server. */
  manifest(name: string): string;
  /** Of the requests, in order. */
  readonly headers: IncomingHttpHeaders[];
  /** Requests whose caller left before the answer was whole. */
  abandoned(): number;
  stop(): Promise<void>;
}

export interface ScriptedServer extends ModelServer {
  /** What the model was asked so far. */
  readonly requests: Conversation[];
  /** What no rule covered; tests assert that it is empty. */
  readonly unmatched: string[];
}

export interface ModelOptions {
  /** Milliseconds between the pieces of a streamed answer. */
  chunkDelayMs?: number;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** `rules` are those of docs/how-to/script-a-model.md, as a value. */
export async function startScriptedModel(
  rules: readonly unknown[],
  options: ModelOptions = {},
): Promise<ScriptedServer> {
  const script = parseModelScript(JSON.stringify({ rules }), 'rules of the test');
  const { brain, requests, unmatched } = createScriptedModel(script);
  return { ...(await startModel(brain, options)), requests, unmatched };
}

/** Like a scripted model, decided by a function: for replies that the test itself releases. */
export async function startModel(brain: Brain, options: ModelOptions = {}): Promise<ModelServer> {
  const headers: IncomingHttpHeaders[] = [];
  const answer = mockLlmListener({ brain, logger: silent, ...options });
  let abandoned = 0;
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    headers.push(request.headers);
    response.once('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    headers,
    manifest: (name) => modelConfig(name, url),
    abandoned: () => abandoned,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function modelConfig(name: string, url: string): string {
  return `
apiVersion: kagent.dev/v1alpha2
kind: ModelConfig
metadata: { name: ${name}, namespace: kagent }
spec: { provider: OpenAI, model: scripted, openAI: { baseUrl: "${url}/v1" } }
---
`;
}

/** An Agent in namespace `kagent`; `tools` as in the manifest. */
export function agentManifest(
  name: string,
  options: { modelConfig: string; tools?: readonly object[]; systemMessage?: string },
): string {
  const { modelConfig: model, tools = [], systemMessage = `You are ${name}.` } = options;
  return `${JSON.stringify({
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'Agent',
    metadata: { name, namespace: 'kagent' },
    spec: {
      type: 'Declarative',
      description: `Agent ${name} of a test`,
      declarative: { modelConfig: model, systemMessage, tools },
    },
  })}
---
`;
}

/** A tool entry for all tools of a RemoteMCPServer. */
export function remoteTools(name: string, ...toolNames: string[]): object {
  return {
    type: 'McpServer',
    mcpServer: {
      apiGroup: 'kagent.dev',
      kind: 'RemoteMCPServer',
      name,
      ...(toolNames.length === 0 ? {} : { toolNames }),
    },
  };
}
