// A stdio MCP server: echoes, shows its environment, and dies on demand.
import { McpServer } from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const server = new McpServer({ name: 'fixture', version: '9' }, { instructions: 'Be brief.' });
const text = (value) => ({ content: [{ type: 'text', text: value }] });
server.registerTool('echo', { description: 'Echo', inputSchema: z.object({ text: z.string() }), annotations: { readOnlyHint: true } }, ({ text: value }) => text(value));
server.registerTool('env', { description: 'Environment' }, () => text(JSON.stringify(process.env)));
server.registerTool('pid', { description: 'Process id' }, () => text(String(process.pid)));
server.registerTool('die', { description: 'Exit' }, () => process.exit(3));
server.registerTool('steps', { description: 'Progress' }, async (extra) => {
  const { progressToken } = extra.mcpReq._meta ?? {};
  // Notification and result reach the reader in one piece.
  process.stdout.cork();
  setTimeout(() => process.stdout.uncork(), 20);
  if (progressToken !== undefined)
    await extra.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 2 } });
  return text('done');
});
process.stderr.write('fixture started\n');
await server.connect(new StdioServerTransport());
