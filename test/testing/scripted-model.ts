/** The scripted model behind its real wire, and the manifest that makes an agent use it. */
import {
  type Conversation,
  createScriptedModel,
  parseModelScript,
  type Reply,
  startMockLlm,
} from '@kagent/engine';

export interface ScriptedServer {
  /** Without a path. */
  url: string;
  /** ModelConfig in namespace `kagent` for this server. */
  manifest(name: string): string;
  /** What the model was asked so far. */
  readonly requests: Conversation[];
  /** What no rule covered; tests assert that it is empty. */
  readonly unmatched: string[];
  stop(): Promise<void>;
}

export interface ScriptedOptions {
  port?: number;
  /** Milliseconds between the pieces of a streamed answer. */
  chunkDelayMs?: number;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** `rules` are those of docs/how-to/script-a-model.md, as a value. */
export async function startScriptedModel(
  rules: readonly unknown[],
  options: ScriptedOptions = {},
): Promise<ScriptedServer> {
  const script = parseModelScript(JSON.stringify({ rules }), 'rules of the test');
  const { brain, requests, unmatched } = createScriptedModel(script);
  const { url, stop } = await startMockLlm({ brain, logger: silent, ...options });
  return { url, requests, unmatched, stop, manifest: (name) => modelConfig(name, url) };
}

/** Like a scripted model, decided by a function: for replies that the test releases itself. */
export async function startModel(
  brain: (conversation: Conversation) => Reply | Promise<Reply>,
): Promise<{ url: string; manifest(name: string): string; stop(): Promise<void> }> {
  const { url, stop } = await startMockLlm({ brain, logger: silent });
  return { url, stop, manifest: (name) => modelConfig(name, url) };
}

export function modelConfig(name: string, url: string): string {
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
