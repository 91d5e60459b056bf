/** `kagent get agents|sessions|tools|toolservers|modelconfigs [NAME]`: a table, or JSON for scripts. */
import { KagentError } from '@kagent/spec';
import type { Command } from 'commander';
import { z } from 'zod';
import { type ApiClient, createApiClient } from '../api/client.ts';
import { CLIENT_SETTINGS } from '../api/settings.ts';
import { addSettings, readSettings } from '../settings.ts';
import { formatTable } from '../terminal/table.ts';

const AgentItem = z.looseObject({
  agent: z.looseObject({
    metadata: z.looseObject({
      name: z.string(),
      namespace: z.string(),
      creationTimestamp: z.string(),
    }),
  }),
  model: z.string(),
  deploymentReady: z.boolean(),
  accepted: z.boolean(),
});
const SessionItem = z.looseObject({
  id: z.string(),
  name: z.string().optional(),
  agent_id: z.string(),
  created_at: z.string(),
});
const ToolItem = z.looseObject({
  id: z.string(),
  server_name: z.string(),
  description: z.string(),
});
const ToolServerItem = z.looseObject({
  ref: z.string(),
  groupKind: z.string(),
  discoveredTools: z.array(z.unknown()),
});
const ModelConfigItem = z.looseObject({
  ref: z.string(),
  providerName: z.string(),
  model: z.string(),
});

interface Listing {
  path: string;
  header: string[];
  row: (item: unknown) => string[];
  /** Path of one item; left out where there is no such route. */
  one?: (name: string, namespace: string) => string;
}

const LISTINGS: Record<string, Listing> = {
  agent: {
    path: '/api/agents',
    header: ['NAME', 'MODEL', 'CREATED', 'DEPLOYMENT_READY', 'ACCEPTED'],
    row: (item) => {
      const { agent, model, deploymentReady, accepted } = AgentItem.parse(item);
      const { name, namespace, creationTimestamp } = agent.metadata;
      return [
        `${namespace}/${name}`,
        model,
        creationTimestamp,
        String(deploymentReady),
        String(accepted),
      ];
    },
    one: (name, namespace) => `/api/agents/${name.includes('/') ? name : `${namespace}/${name}`}`,
  },
  session: {
    path: '/api/sessions',
    header: ['ID', 'NAME', 'AGENT', 'CREATED'],
    row: (item) => {
      const session = SessionItem.parse(item);
      return [session.id, session.name ?? '', session.agent_id, session.created_at];
    },
    one: (name) => `/api/sessions/${name}`,
  },
  tool: {
    path: '/api/tools',
    header: ['NAME', 'SERVER_NAME', 'DESCRIPTION'],
    row: (item) => {
      const tool = ToolItem.parse(item);
      return [tool.id, tool.server_name, tool.description.split('\n')[0]?.slice(0, 80) ?? ''];
    },
  },
  toolserver: {
    path: '/api/toolservers',
    header: ['NAME', 'KIND', 'TOOLS'],
    row: (item) => {
      const server = ToolServerItem.parse(item);
      return [server.ref, server.groupKind, String(server.discoveredTools.length)];
    },
  },
  modelconfig: {
    path: '/api/modelconfigs',
    header: ['NAME', 'PROVIDER', 'MODEL'],
    row: (item) => {
      const config = ModelConfigItem.parse(item);
      return [config.ref, config.providerName, config.model];
    },
    one: (name, namespace) =>
      `/api/modelconfigs/${name.includes('/') ? name : `${namespace}/${name}`}`,
  },
};

export function registerGet(program: Command): void {
  const command = program
    .command('get')
    .description(`list or show: ${Object.keys(LISTINGS).join(', ')} (singular or plural)`)
    .argument('<resource>')
    .argument('[name]')
    .option('-o, --output <format>', 'table or json', 'table');
  addSettings(command, CLIENT_SETTINGS);
  command.action((resource: string, name: string | undefined, flags: Record<string, unknown>) =>
    get({ resource, name, flags }),
  );
}

async function get(call: {
  resource: string;
  name: string | undefined;
  flags: Record<string, unknown>;
}): Promise<void> {
  const listing = LISTINGS[call.resource.toLowerCase().replace(/s$/, '')];
  if (!listing) {
    throw new KagentError(
      'invalid_argument',
      `kagent get does not know "${call.resource}". It knows ${Object.keys(LISTINGS).join(', ')}.`,
    );
  }
  const settings = readSettings(CLIENT_SETTINGS, call.flags, process.env);
  const client = createApiClient({ ...settings, signal: AbortSignal.timeout(settings.timeout) });
  if (call.name !== undefined) {
    if (!listing.one)
      throw new KagentError('invalid_argument', `kagent get ${call.resource} takes no name`);
    console.log(
      JSON.stringify(await client.get(listing.one(call.name, settings.namespace)), null, 2),
    );
    return;
  }
  await list({ client, listing, output: String(call.flags['output']), resource: call.resource });
}

async function list(job: {
  client: ApiClient;
  listing: Listing;
  output: string;
  resource: string;
}): Promise<void> {
  const items = z.array(z.unknown()).parse((await job.client.get(job.listing.path)) ?? []);
  switch (job.output) {
    case 'json':
      console.log(JSON.stringify(items, null, 2));
      return;
    case 'table':
      console.log(
        items.length === 0
          ? `No ${job.resource.replace(/s$/, '')}s found`
          : formatTable(job.listing.header, items.map(job.listing.row)),
      );
      return;
    default:
      throw new KagentError(
        'invalid_argument',
        `unknown output format: ${job.output}; use table or json`,
      );
  }
}
