// A stdio MCP server that a user might have written: adds numbers and knows a greeting from its environment.
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const server = new McpServer({ name: 'calculator', version: '1' });
const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });

server.registerTool(
  'add_numbers',
  {
    description: 'Adds two numbers',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    annotations: { readOnlyHint: true },
  },
  ({ a, b }) => text(`The sum is ${a + b}`),
);
server.registerTool(
  'greeting',
  { description: 'Says the greeting of this server', annotations: { readOnlyHint: true } },
  () => text(process.env.GREETING ?? 'no greeting'),
);
await server.connect(new StdioServerTransport());
