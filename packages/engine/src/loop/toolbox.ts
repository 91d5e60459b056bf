/** The tools an agent has right now, out of all its sources. A source that is down is named, never fatal. */
import { untilAborted } from '../abort.ts';
import type { Logger, Tool, ToolSource, ToolSpec } from '../ports.ts';

export interface Toolbox {
  specs: ToolSpec[];
  byName: Map<string, Tool>;
  missing: { source: string; error: string }[];
}

/** Asks all sources at once. Of tools with the same name the first source's wins. Rejects only when `signal` aborts. */
export async function openToolbox(
  sources: readonly ToolSource[],
  signal: AbortSignal,
  logger: Logger,
): Promise<Toolbox> {
  const toolbox: Toolbox = { specs: [], byName: new Map(), missing: [] };
  if (sources.length === 0) return toolbox;
  const lists = await Promise.all(sources.map((source) => listSource(source, signal)));
  for (const { source, tools, error } of lists) {
    if (error !== undefined) toolbox.missing.push({ source, error });
    for (const tool of tools) {
      const { name } = tool.spec;
      if (toolbox.byName.has(name)) {
        logger.debug({ tool: name, source }, 'Tool name is taken by another source');
        continue;
      }
      toolbox.byName.set(name, tool);
      toolbox.specs.push(tool.spec);
    }
  }
  return toolbox;
}

async function listSource(
  source: ToolSource,
  signal: AbortSignal,
): Promise<{ source: string; tools: Tool[]; error?: string }> {
  try {
    const { tools, error } = await untilAborted(source.list(signal), signal);
    return { source: source.name, tools, ...(error === undefined ? {} : { error }) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { source: source.name, tools: [], error: 'listing its tools failed' };
  }
}

/** The agent's instruction, and which of its tools are missing at the moment. */
export function systemPrompt(instruction: string, toolbox: Toolbox): string {
  if (toolbox.missing.length === 0) return instruction;
  const lines = toolbox.missing.map(({ source, error }) => `- ${source}: ${error}`);
  return `${instruction}

These tool servers can't be reached at the moment, so their tools are missing:
${lines.join('\n')}
Answer as well as you can without them. When the answer needs one of them, say which is down instead of guessing.`.trimStart();
}
