/** The MCP tool servers shipped with kagent, and the adapter that puts a stdio MCP server on HTTP. */
export { createToolServer, SERVER_NAME } from './create-tool-server.ts';
export type { ToolServer, ToolServerOptions } from './create-tool-server.ts';
export { createK8sProvider } from './k8s/provider.ts';
export type { K8sProviderOptions } from './k8s/provider.ts';
export type { RegisteredTool, ToolProvider, ToolRegistry } from './registry.ts';
export { startToolServer } from './start-tool-server.ts';
export type { RunningToolServer, StartToolServerOptions } from './start-tool-server.ts';
export { ADDS, CHANGES, defineTool, READ_ONLY, SETS, ToolFailure } from './tool.ts';
export type {
  ToolAnnotations,
  ToolCallContext,
  ToolDefinition,
  ToolOutput,
  ToolSource,
} from './tool.ts';
export { startMcpAdapter } from './adapter/start-mcp-adapter.ts';
export type { McpAdapterOptions, RunningMcpAdapter } from './adapter/start-mcp-adapter.ts';
