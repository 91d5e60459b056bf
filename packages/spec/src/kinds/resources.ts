/** How clients name the kinds of kagent, in their storage versions. */
import type { Agent } from './agent.ts';
import type { MCPServer } from './mcp-server.ts';
import type { ModelConfig } from './model-config.ts';
import type { RemoteMCPServer } from './remote-mcp-server.ts';
import { GROUP, type KindRef } from './shared.ts';

const namespaced = true;

export const AGENTS: KindRef<Agent> = {
  group: GROUP,
  version: 'v1alpha2',
  kind: 'Agent',
  plural: 'agents',
  namespaced,
};

export const MODEL_CONFIGS: KindRef<ModelConfig> = {
  group: GROUP,
  version: 'v1alpha2',
  kind: 'ModelConfig',
  plural: 'modelconfigs',
  namespaced,
};

export const REMOTE_MCP_SERVERS: KindRef<RemoteMCPServer> = {
  group: GROUP,
  version: 'v1alpha2',
  kind: 'RemoteMCPServer',
  plural: 'remotemcpservers',
  namespaced,
};

export const MCP_SERVERS: KindRef<MCPServer> = {
  group: GROUP,
  version: 'v1alpha1',
  kind: 'MCPServer',
  plural: 'mcpservers',
  namespaced,
};
