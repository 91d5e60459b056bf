/** Reconcilers of the kagent kinds. */
export type { EngineImage } from './agent/desired.ts';
export { type Controller, startController } from './manager.ts';
export type { McpServerImages } from './mcp-server/desired.ts';
export {
  type ControllerOptions,
  DEFAULT_MCP_SERVER_IMAGES,
  type DiscoverRequest,
  type ToolDiscovery,
  type ToolRegistry,
} from './options.ts';
