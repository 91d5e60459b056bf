/**
 * Our neutral conversation as the AI SDK's prompt. Roles, order, tool-call ids, error flags and provider state
 * (thinking signatures) survive the trip; JSON Schemas of tools pass unchanged.
 */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ReasoningPart,
  LanguageModelV4TextPart,
  LanguageModelV4ToolCallPart,
  LanguageModelV4ToolResultOutput,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import type { AssistantPart, ToolContent } from '@kagent/spec';
import type { ModelMessage, ModelRequest, ToolSpec, UserPart } from '../../ports.ts';

export interface CallOptionsInput {
  request: ModelRequest;
  signal: AbortSignal;
  /** See `Vendor`. */
  wire: ToolResultWire;
}

/** What a provider can carry in tool results. */
export interface ToolResultWire {
  toolImages: boolean;
  toolErrors: boolean;
}

/** Prompt, tools and signal of one call; the vendor adds the rest. */
export function toCallOptions({
  request,
  signal,
  wire,
}: CallOptionsInput): LanguageModelV4CallOptions {
  const prompt: LanguageModelV4Prompt = [];
  if (request.system !== '') prompt.push({ role: 'system', content: request.system });
  for (const message of request.messages) {
    const converted = toMessage(message, wire);
    if (converted !== undefined) prompt.push(converted);
  }
  return {
    prompt,
    abortSignal: signal,
    ...(request.tools.length > 0
      ? { tools: request.tools.map(toTool), toolChoice: { type: 'auto' } }
      : {}),
  };
}

function toTool(tool: ToolSpec): LanguageModelV4FunctionTool {
  return {
    type: 'function',
    name: tool.name,
    description: tool.description,
    inputSchema: tool.inputSchema,
  };
}

/** `undefined` for a message without content, which providers reject. */
function toMessage(
  message: ModelMessage,
  wire: ToolResultWire,
): LanguageModelV4Message | undefined {
  switch (message.role) {
    case 'user': {
      const content = message.parts
        .map(toUserPart)
        .filter((part) => part.type !== 'text' || part.text !== '');
      return content.length === 0 ? undefined : { role: 'user', content };
    }
    case 'assistant': {
      const content = message.parts
        .filter(
          (part) => part.type === 'tool-call' || part.text !== '' || part.type === 'reasoning',
        )
        .map(toAssistantPart);
      return content.length === 0 ? undefined : { role: 'assistant', content };
    }
    case 'tool':
      return {
        role: 'tool',
        content: message.results.map((result) => ({
          type: 'tool-result',
          toolCallId: result.callId,
          toolName: result.name,
          output: toToolOutput(result, wire),
        })),
      };
  }
}

function toUserPart(part: UserPart): LanguageModelV4TextPart | LanguageModelV4FilePart {
  if (part.type === 'text') return part;
  const name = part.name === undefined ? {} : { filename: part.name };
  if (part.data !== undefined) {
    if (part.mimeType.startsWith('text/')) {
      return { type: 'text', text: Buffer.from(part.data, 'base64').toString('utf8') };
    }
    return {
      type: 'file',
      mediaType: part.mimeType,
      data: { type: 'data', data: part.data },
      ...name,
    };
  }
  if (part.uri !== undefined && part.mimeType.startsWith('image/') && URL.canParse(part.uri)) {
    return {
      type: 'file',
      mediaType: part.mimeType,
      data: { type: 'url', url: new URL(part.uri) },
      ...name,
    };
  }
  return {
    type: 'text',
    text: `[file ${part.name ?? ''} (${part.mimeType}) at ${part.uri ?? 'an unknown place'}]`,
  };
}

function toAssistantPart(
  part: AssistantPart,
): LanguageModelV4TextPart | LanguageModelV4ReasoningPart | LanguageModelV4ToolCallPart {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'reasoning':
      return { type: 'reasoning', text: part.text, ...toProviderOptions(part.providerMetadata) };
    case 'tool-call':
      return {
        type: 'tool-call',
        toolCallId: part.callId,
        toolName: part.name,
        // The model must see what it wrote, but servers reject arguments that are no object.
        input: part.invalidArgs === undefined ? part.args : { invalid_json: part.invalidArgs },
        ...toProviderOptions(part.providerMetadata),
      };
  }
}

function toProviderOptions(metadata: Record<string, unknown> | undefined): {
  providerOptions?: SharedV4ProviderOptions;
} {
  // The journal stores it as it came from the same package, so the shape is the package's own.
  return metadata === undefined ? {} : { providerOptions: metadata as SharedV4ProviderOptions };
}

function toToolOutput(
  { content, isError }: { content: ToolContent[]; isError: boolean },
  wire: ToolResultWire,
): LanguageModelV4ToolResultOutput {
  const hasImage = content.some((part) => part.type === 'image');
  if (hasImage && wire.toolImages && !isError) {
    return {
      type: 'content',
      value: content.map((part) =>
        part.type === 'text'
          ? { type: 'text', text: part.text }
          : { type: 'file', mediaType: part.mimeType, data: { type: 'data', data: part.data } },
      ),
    };
  }
  const value = content
    .map((part) =>
      part.type === 'text' ? part.text : `[image ${part.mimeType}: can't be shown to this model]`,
    )
    .join('\n');
  if (!isError) return { type: 'text', value };
  const marked = wire.toolErrors || /^error\b/i.test(value) ? value : `Error: ${value}`;
  return { type: 'error-text', value: marked };
}
