/** Counters of the tool server in Prometheus text format (names as in the older tool server). */
import type { ToolRegistry } from './registry.ts';

export interface ToolMetrics {
  record(tool: { name: string; provider: string }, isError: boolean): void;
  /** The exposition text. */
  render(): string;
}

export function createToolMetrics(
  registry: ToolRegistry,
  server: { name: string; version: string },
): ToolMetrics {
  const calls = new Map<string, { labels: string; total: number; failed: number }>();
  return {
    record(tool, isError) {
      const entry = calls.get(tool.name) ?? {
        labels: `tool_name="${tool.name}",tool_provider="${tool.provider}"`,
        total: 0,
        failed: 0,
      };
      entry.total += 1;
      if (isError) entry.failed += 1;
      calls.set(tool.name, entry);
    },
    render() {
      const rows = [...calls.values()];
      return [
        ...family('kagent_tools_mcp_server_info', 'gauge', 'The running tool server'),
        `kagent_tools_mcp_server_info{server_name="${server.name}",version="${server.version}"} 1`,
        ...family('kagent_tools_mcp_registered_tools', 'gauge', 'Registered tools'),
        ...registry.tools.map(
          ({ name, provider }) =>
            `kagent_tools_mcp_registered_tools{tool_name="${name}",tool_provider="${provider}"} 1`,
        ),
        ...family('kagent_tools_mcp_invocations_total', 'counter', 'Tool calls'),
        ...rows.map(
          ({ labels, total }) => `kagent_tools_mcp_invocations_total{${labels}} ${total}`,
        ),
        ...family(
          'kagent_tools_mcp_invocations_failure_total',
          'counter',
          'Tool calls that ended in an error',
        ),
        ...rows.map(
          ({ labels, failed }) => `kagent_tools_mcp_invocations_failure_total{${labels}} ${failed}`,
        ),
        '',
      ].join('\n');
    },
  };
}

function family(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}
