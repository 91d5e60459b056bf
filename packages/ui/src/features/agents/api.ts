/** Agents as the list and the chat header need them. */
import { queryOptions } from '@tanstack/react-query';
import { z } from 'zod';
import type { Http } from '../../http.ts';

const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
});

const Skill = z.looseObject({ examples: z.array(z.string()).nullish() });

const AgentItem = z.looseObject({
  id: z.string(),
  agent: z.looseObject({
    metadata: z.looseObject({ name: z.string(), namespace: z.string().default('default') }),
    spec: z
      .looseObject({
        type: z.string().nullish(),
        description: z.string().nullish(),
        declarative: z
          .looseObject({
            a2aConfig: z.looseObject({ skills: z.array(Skill).nullish() }).nullish(),
          })
          .nullish(),
      })
      .nullish(),
    status: z.looseObject({ conditions: z.array(Condition).nullish() }).nullish(),
  }),
  modelProvider: z.string().nullish(),
  model: z.string().nullish(),
  deploymentReady: z.boolean(),
});
/** One element of `GET /api/agents`: only what the page uses. */
export type AgentItem = z.infer<typeof AgentItem>;

const AgentItems = z
  .array(AgentItem)
  .nullish()
  .transform((items) => items ?? []);

/** Where an agent is. */
export interface AgentName {
  namespace: string;
  name: string;
}

/** All agents, asked again every few seconds; the frame tells by it whether the server is there. */
export function agentsQuery(http: Http) {
  return queryOptions({
    queryKey: ['agents'],
    queryFn: ({ signal }) => http.read('/api/agents', AgentItems, { signal }),
    refetchInterval: 3_000,
  });
}

/** Readiness for a person. */
export interface AgentState {
  tone: 'good' | 'warn' | 'bad';
  label: string;
  /** Why, when it is not ready; what is missing, when it is. */
  detail: string;
}

/** One word for a person, from the conditions. */
export function agentState(item: AgentItem): AgentState {
  const conditions = item.agent.status?.conditions ?? [];
  const find = (type: string) => conditions.find((condition) => condition.type === type);
  const accepted = find('Accepted');
  const ready = find('Ready');
  const tools = find('ToolsReady');
  if (accepted?.status === 'False') {
    return {
      tone: 'bad',
      label: 'Not accepted',
      detail: accepted.message || accepted.reason || 'The controller refused it.',
    };
  }
  if (!item.deploymentReady) {
    return {
      tone: 'warn',
      label: ready?.status === 'False' ? 'Not ready' : 'Starting',
      detail: ready?.message || ready?.reason || 'Waiting for the controller.',
    };
  }
  const missing = tools?.status === 'False' ? tools.message || tools.reason || '' : '';
  return { tone: 'good', label: 'Ready', detail: missing && `Some tools are missing. ${missing}` };
}

/** The built-in demo model decides by rules; people must know. */
export function isDemoModel(item: AgentItem): boolean {
  return item.model === 'kagent-demo';
}

/** Questions to start with, from the agent's advertised skills; at most four. */
export function examplesOf(item: AgentItem): string[] {
  const skills = item.agent.spec?.declarative?.a2aConfig?.skills ?? [];
  return [...new Set(skills.flatMap((skill) => skill.examples ?? []))].slice(0, 4);
}
