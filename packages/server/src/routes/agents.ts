/** `/api/agents`: the Agent objects of the cluster, with what the UI needs to know about each. */
import { Agent, AGENTS, KagentError } from '@kagent/spec';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { agentIdentifier } from '../auth.ts';
import { bodyOf } from '../body.ts';
import { ok, type ServerContext } from '../context.ts';
import { inNamespace, type NamedParams, namedParams } from './refs.ts';

const AgentBody = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  spec: z.looseObject({}),
});

export function registerAgents(app: FastifyInstance, context: ServerContext): void {
  const { agents, kube } = context;

  app.get<{ Querystring: { namespace?: string } }>('/api/agents', (request) =>
    ok(
      agents.list(request.query.namespace).map((agent) => agentItem(agent, context)),
      'Successfully listed agents',
    ),
  );

  app.get<NamedParams>('/api/agents/:namespace/:name', (request) => {
    const agent = agents.get(namedParams(request));
    if (!agent) throw new KagentError('agent_not_found', 'Agent not found');
    return ok(agentItem(agent, context), 'Successfully retrieved agent');
  });

  app.post('/api/agents', async (request, reply) => {
    const body = inNamespace(bodyOf(request, AgentBody), context.namespace);
    const created = await kube.create(AGENTS, toAgent(body));
    return reply.code(201).send(ok(created, 'Successfully created agent'));
  });

  app.put('/api/agents', async (request) => {
    const body = inNamespace(bodyOf(request, AgentBody), context.namespace);
    const key = { namespace: body.metadata.namespace, name: body.metadata.name };
    const current = await kube.find(AGENTS, key);
    if (!current) throw new KagentError('agent_not_found', 'Agent not found');
    const updated = await kube.replace(AGENTS, { ...current, spec: toAgent(body).spec });
    return ok(updated, 'Successfully updated agent');
  });

  app.delete<NamedParams>('/api/agents/:namespace/:name', async (request) => {
    const key = namedParams(request);
    if (!(await kube.find(AGENTS, key)))
      throw new KagentError('agent_not_found', 'Agent not found');
    await kube.delete(AGENTS, key);
    return ok({}, 'Successfully deleted agent');
  });
}

function toAgent(body: z.infer<typeof AgentBody>): Agent {
  const result = Agent.safeParse({ ...body, apiVersion: 'kagent.dev/v1alpha2', kind: 'Agent' });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new KagentError(
    'invalid_argument',
    `Invalid agent configuration: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}

/** One element of the agent list; `deploymentReady` and `accepted` follow the conditions. */
export function agentItem(
  agent: Agent,
  { modelConfigs }: Pick<ServerContext, 'modelConfigs'>,
): object {
  const namespace = agent.metadata.namespace ?? 'default';
  const ref = `${namespace}/${agent.metadata.name}`;
  const declarative = agent.spec?.type === 'BYO' ? undefined : agent.spec?.declarative;
  const modelConfig = declarative?.modelConfig
    ? modelConfigs.get({ namespace, name: declarative.modelConfig })
    : undefined;
  const condition = (type: string) =>
    agent.status?.conditions?.find((item) => item.type === type && item.status === 'True');
  return {
    id: agentIdentifier(ref),
    agent,
    modelProvider: modelConfig?.spec?.provider ?? '',
    model: modelConfig?.spec?.model ?? '',
    modelConfigRef: modelConfig ? `${namespace}/${modelConfig.metadata.name}` : '',
    memoryRefs: null,
    tools: declarative?.tools ?? null,
    deploymentReady: condition('Ready')?.reason === 'DeploymentReady',
    accepted: condition('Accepted') !== undefined,
    workloadMode: 'deployment',
  };
}
