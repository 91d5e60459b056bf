/** `/api/tools` and `/api/toolservers`: what the controller discovered, and creating and deleting tool servers. */
import {
  KagentError,
  MCP_SERVERS,
  MCPServer,
  REMOTE_MCP_SERVERS,
  RemoteMCPServer,
} from '@kagent/spec';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { bodyOf, checked } from '../body.ts';
import { ok, type ServerContext, timestamp } from '../context.ts';
import { inNamespace, type NamedParams, namedParams } from './refs.ts';

const Named = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
const NewToolServer = z.looseObject({
  type: z.string(),
  remoteMCPServer: Named.nullish(),
  mcpServer: Named.nullish(),
});

export function registerToolServers(app: FastifyInstance, context: ServerContext): void {
  const { store, kube } = context;

  app.get('/api/tools', async () => {
    const servers = await store.toolServers.list();
    const tools = servers.flatMap((server) =>
      server.tools.map((tool) => ({
        id: tool.name,
        server_name: server.ref,
        group_kind: server.groupKind,
        created_at: timestamp(server.createdAt),
        updated_at: timestamp(server.updatedAt),
        deleted_at: null,
        description: tool.description,
      })),
    );
    return ok(tools, 'Successfully listed tools');
  });

  app.get('/api/toolservers', async () => {
    const servers = await store.toolServers.list();
    return ok(
      servers.map((server) => ({
        ref: server.ref,
        groupKind: server.groupKind,
        discoveredTools: server.tools,
      })),
      'Successfully listed ToolServers',
    );
  });

  app.get('/api/toolservertypes', () =>
    ok(['RemoteMCPServer', 'MCPServer'], 'Successfully listed supported ToolServerTypes'),
  );

  app.post('/api/toolservers', async (request, reply) => {
    const created = await createToolServer(bodyOf(request, NewToolServer), context);
    return reply.code(201).send(ok(created, `Successfully created ${created.kind}`));
  });

  app.delete<NamedParams>('/api/toolservers/:namespace/:name', async (request) => {
    const key = namedParams(request);
    if (await kube.find(REMOTE_MCP_SERVERS, key)) await kube.delete(REMOTE_MCP_SERVERS, key);
    else if (await kube.find(MCP_SERVERS, key)) await kube.delete(MCP_SERVERS, key);
    else throw new KagentError('not_found', 'ToolServer not found');
    return ok({}, 'Successfully deleted ToolServer');
  });
}

async function createToolServer(
  body: z.infer<typeof NewToolServer>,
  { kube, namespace }: ServerContext,
) {
  switch (body.type) {
    case 'RemoteMCPServer': {
      if (!body.remoteMCPServer) throw missing('RemoteMCPServer');
      const object = inNamespace(body.remoteMCPServer, namespace);
      return kube.create(
        REMOTE_MCP_SERVERS,
        checked(RemoteMCPServer, {
          ...object,
          apiVersion: 'kagent.dev/v1alpha2',
          kind: 'RemoteMCPServer',
        }),
      );
    }
    case 'MCPServer': {
      if (!body.mcpServer) throw missing('MCPServer');
      const object = inNamespace(body.mcpServer, namespace);
      return kube.create(
        MCP_SERVERS,
        checked(MCPServer, { ...object, apiVersion: 'kagent.dev/v1alpha1', kind: 'MCPServer' }),
      );
    }
    default:
      throw new KagentError(
        'invalid_argument',
        'Invalid tool server type. Must be one of RemoteMCPServer, MCPServer',
      );
  }
}

function missing(type: string): KagentError {
  return new KagentError('invalid_argument', `${type} data is required when type is ${type}`);
}
