/** What the controller needs from outside: ports and settings. */
import type { Clock, KubeClient, Logger } from '@kagent/kube';
import type { DiscoveredTool } from '@kagent/spec';
import type { EngineImage } from './agent/desired.ts';
import type { McpServerImages } from './mcp-server/desired.ts';
import type { McpProtocol } from './tool-servers.ts';

export interface DiscoverRequest {
  url: string;
  protocol: McpProtocol;
  headers: Record<string, string>;
  /** For connecting and listing together. */
  timeoutMs: number;
  tls?: { insecureSkipVerify: boolean; caPem?: string; disableSystemCas: boolean };
  signal: AbortSignal;
}

/** Lists the tools of an MCP server. */
export interface ToolDiscovery {
  /** All pages. Rejects when the server cannot be reached or does not answer in time; the message is shown to people. */
  discover(request: DiscoverRequest): Promise<DiscoveredTool[]>;
}

/** Where discovered tools are kept for clients of the REST API; the store of the server has this shape. */
export interface ToolRegistry {
  /** Replaces what is known of the server. */
  put(server: {
    ref: string;
    groupKind: string;
    description: string;
    tools: DiscoveredTool[];
  }): Promise<void>;
  /** Forgets the server; a server that is not known is fine. */
  remove(ref: string, groupKind: string): Promise<void>;
  /** Every known server. */
  list(): Promise<{ ref: string; groupKind: string }[]>;
}

export interface ControllerOptions {
  client: KubeClient;
  /** Namespace the controller runs in; agents reach its API there. */
  namespace: string;
  /** Name of the Service of the API, e.g. `kagent-controller`. */
  controllerName: string;
  /** Empty or left out means all. */
  watchNamespaces?: readonly string[];
  /** Engine image of Declarative agents. */
  image: EngineImage;
  mcpServerImages?: Partial<McpServerImages>;
  discovery: ToolDiscovery;
  toolRegistry: ToolRegistry;
  logger: Logger;
  clock: Clock;
  /** `OTEL_*` variables for every agent. */
  otelEnv?: Readonly<Record<string, string>>;
  /** Objects of one kind that are worked on at the same time. Default 8. */
  concurrency?: number;
  /** How often the tools of a server that works are listed again. Default 60 s. */
  discoveryIntervalMs?: number;
}

export const DEFAULT_MCP_SERVER_IMAGES: McpServerImages = {
  adapter: 'ghcr.io/agentgateway/agentgateway:0.9.0-musl',
  uvx: 'ghcr.io/astral-sh/uv:debian',
  npx: 'node:24-alpine3.21',
};
