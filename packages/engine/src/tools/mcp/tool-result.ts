/** MCP results as ours: text and images stay, what a model can't take becomes a line that names it. */
import type { CallToolResult } from '@modelcontextprotocol/client';
import type { ToolContent, ToolResult } from '@kagent/spec';

export function toToolResult(result: CallToolResult): ToolResult {
  const structured = result.structuredContent;
  const content = result.content.map(toContent);
  const hasText = content.length > 0 || structured === undefined;
  return {
    content: hasText ? content : [{ type: 'text', text: JSON.stringify(structured) }],
    isError: result.isError === true,
    ...(structured === undefined ? {} : { structured }),
  };
}

function toContent(block: CallToolResult['content'][number]): ToolContent {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'image':
      return { type: 'image', data: block.data, mimeType: block.mimeType };
    case 'audio':
      return { type: 'text', text: `[audio, ${block.mimeType}, left out]` };
    case 'resource_link':
      return { type: 'text', text: `[resource ${block.name}: ${block.uri}]` };
    case 'resource': {
      const { resource } = block;
      if ('text' in resource) return { type: 'text', text: resource.text };
      const mimeType = resource.mimeType ?? 'application/octet-stream';
      if (mimeType.startsWith('image/')) return { type: 'image', data: resource.blob, mimeType };
      return { type: 'text', text: `[resource ${resource.uri}, ${mimeType}, left out]` };
    }
  }
}
