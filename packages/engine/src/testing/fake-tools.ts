/** Tools that tests script and count. */
import type { ToolResult } from '@kagent/spec';
import type { Tool, ToolCallContext, ToolSource } from '../ports.ts';

export interface FakeTool extends Tool {
  readonly calls: { args: Record<string, unknown>; context: ToolCallContext }[];
}

/** `run` answers a text or a whole result; what it throws leaves the tool as it is. */
export function createFakeTool(options: {
  name: string;
  repeatable?: boolean;
  isAgent?: boolean;
  isolateSessions?: boolean;
  run?: (
    args: Record<string, unknown>,
    context: ToolCallContext,
  ) => string | ToolResult | Promise<string | ToolResult>;
}): FakeTool {
  const calls: FakeTool['calls'] = [];
  const { name } = options;
  return {
    spec: { name, description: `The tool ${name}`, inputSchema: { type: 'object' } },
    source: 'fake',
    repeatable: options.repeatable ?? true,
    isAgent: options.isAgent ?? false,
    isolateSessions: options.isolateSessions ?? false,
    calls,
    async call(args, context) {
      calls.push({ args, context });
      const answer = (await options.run?.(args, context)) ?? `${name} done`;
      if (typeof answer !== 'string') return answer;
      return { content: [{ type: 'text', text: answer }], isError: false };
    },
  };
}

export interface FakeToolSource extends ToolSource {
  /** Set it and the source is down. */
  error: string | undefined;
  closed: boolean;
}

export function createFakeToolSource(name: string, tools: Tool[]): FakeToolSource {
  const source: FakeToolSource = {
    name,
    error: undefined,
    closed: false,
    list: async () => (source.error === undefined ? { tools } : { tools: [], error: source.error }),
    close: async () => {
      source.closed = true;
    },
  };
  return source;
}
