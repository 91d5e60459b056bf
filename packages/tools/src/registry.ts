/** All tools of the enabled providers, callable by name. The one place that turns failures into results. */
import { isKubeError, type Logger } from '@kagent/kube';
import { explainKubeError } from './k8s/explain.ts';
import { limitText } from './limit-text.ts';
import { type ToolCallContext, type ToolDefinition, ToolFailure, type ToolOutput } from './tool.ts';

/** A family of tools, e.g. everything about Kubernetes. Tool names start with the provider's name. */
export interface ToolProvider {
  name: string;
  tools: readonly ToolDefinition[];
}

export interface RegisteredTool extends ToolDefinition {
  provider: string;
}

export interface ToolRegistry {
  readonly tools: readonly RegisteredTool[];
  find(name: string): RegisteredTool | undefined;
  /** Never rejects: whatever goes wrong is a result with `isError` that says what to do. */
  call(name: string, args: unknown, context: ToolCallContext): Promise<ToolOutput>;
}

export interface ToolRegistryOptions {
  providers: readonly ToolProvider[];
  /** Leave out every tool that may change something. */
  readOnly?: boolean;
  logger: Logger;
}

/** Throws when two tools have one name. */
export function createToolRegistry(options: ToolRegistryOptions): ToolRegistry {
  const { logger } = options;
  const tools = new Map<string, RegisteredTool>();
  for (const provider of options.providers)
    for (const tool of provider.tools) {
      if (options.readOnly === true && !tool.annotations.readOnlyHint) continue;
      if (tools.has(tool.name)) throw new Error(`two tools are named ${tool.name}`);
      tools.set(tool.name, { ...tool, provider: provider.name });
    }

  async function call(name: string, args: unknown, context: ToolCallContext): Promise<ToolOutput> {
    const tool = tools.get(name);
    if (tool === undefined)
      return failure(`There is no tool named ${name}. Tools: ${[...tools.keys()].join(', ')}.`);
    try {
      const output = await tool.run(args, context);
      const text = limitText(output.text, {
        advice: 'Narrow the request: one namespace, one resource, or output=name.',
      });
      return { ...output, text };
    } catch (error) {
      if (error instanceof ToolFailure) return failure(error.message);
      if (isKubeError(error)) return failure(explainKubeError(error));
      if (context.signal.aborted) return failure('The call was canceled.');
      logger.error(
        { tool: name, error: error instanceof Error ? error.stack : String(error) },
        'tool failed unexpectedly',
      );
      return failure(`${name} failed unexpectedly; the log of the tool server has the details.`);
    }
  }

  return { tools: [...tools.values()], find: (name) => tools.get(name), call };
}

function failure(text: string): ToolOutput {
  return { text, isError: true };
}
