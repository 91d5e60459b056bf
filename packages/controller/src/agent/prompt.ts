/**
 * Renders a system prompt that is a template (`declarative.promptTemplate`): the part of Go's text/template that such
 * prompts use, which is `{{ include "source/key" }}` and the fields of the agent.
 */

export interface PromptInput {
  fields: {
    AgentName: string;
    AgentNamespace: string;
    Description: string;
    ToolNames: string[];
    SkillNames: string[];
  };
  /** `alias-or-name/key` → text; included as it is. */
  includes: ReadonlyMap<string, string>;
}

export type PromptResult = { ok: true; text: string } | { ok: false; message: string };

/** Comments vanish, `{{-` and `-}}` trim white space. Anything else is refused by name rather than passed to a model. */
export function renderPrompt(template: string, input: PromptInput): PromptResult {
  let message: string | undefined;
  const text = template.replaceAll(
    /(\s*\{\{-\s|\{\{)([\s\S]*?)(\s-\}\}\s*|\}\})/g,
    (_match, _open: string, body: string) => {
      const rendered = renderAction(body.trim(), input);
      if (rendered !== undefined) return rendered;
      message ??= `systemMessage: the template action {{${body}}} is not known`;
      return '';
    },
  );
  return message === undefined ? { ok: true, text } : { ok: false, message };
}

function renderAction(action: string, { fields, includes }: PromptInput): string | undefined {
  if (action.startsWith('/*') && action.endsWith('*/')) return '';
  const include = /^include\s+"([^"]+)"$/.exec(action);
  if (include !== null) return includes.get(include[1] ?? '');
  const field = /^\.(\w+)$/.exec(action)?.[1];
  if (field === undefined || !Object.hasOwn(fields, field)) return undefined;
  const value = fields[field as keyof typeof fields];
  return Array.isArray(value) ? `[${value.join(' ')}]` : value;
}
