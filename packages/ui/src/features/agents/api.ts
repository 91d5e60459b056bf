/** Agents as the list and the chat header need them. */
import { queryOptions } from '@tanstack/react-query';
import { z } from 'zod';
import { api } from '../../api.ts';

const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

const AgentItem = z.looseObject({
  id: z.string(),
  agent: z.looseObject({
    metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
    spec: z
      .looseObject({
        type: z.string().optional(),
        description: z.string().optional(),
        declarative: z
          .looseObject({
            a2aConfig: z
              .looseObject({
                skills: z
                  .array(z.looseObject({ examples: z.array(z.string()).optional() }))
                  .optional(),
              })
              .optional(),
          })
          .optional(),
      })
      .optional(),
    status: z.looseObject({ conditions: z.array(Condition).optional() }).optional(),
  }),
  modelProvider: z.string(),
  model: z.string(),
  modelConfigRef: z.string(),
  deploymentReady: z.boolean(),
  accepted: z.boolean(),
});
export type AgentItem = z.infer<typeof AgentItem>;

const AgentItems = z.array(AgentItem).optional().default([]);

export const agentsQuery = queryOptions({
  queryKey: ['agents'],
  queryFn: ({ signal }) => api('/api/agents', AgentItems, { signal }),
  refetchInterval: 3_000,
});

export interface AgentState {
  tone: 'good' | 'warn' | 'bad';
  label: string;
  /** Why, when it is not ready. */
  detail: string;
}

/** One word for a person, from the conditions. */
export function agentState(item: AgentItem): AgentState {
  const conditions = item.agent.status?.conditions ?? [];
  const accepted = conditions.find((condition) => condition.type === 'Accepted');
  const ready = conditions.find((condition) => condition.type === 'Ready');
  if (accepted && accepted.status !== 'True') {
    return {
      tone: 'bad',
      label: 'Not accepted',
      detail: accepted.message || accepted.reason || '',
    };
  }
  if (item.deploymentReady) return { tone: 'good', label: 'Ready', detail: '' };
  return {
    tone: 'warn',
    label: 'Starting',
    detail: ready?.message ?? 'Waiting for the controller',
  };
}

/** The built-in demo model decides by rules; people must know. */
export function isDemoModel(item: AgentItem): boolean {
  return item.model === 'kagent-demo';
}

/** Questions to start with, from the agent's advertised skills. */
export function examplesOf(item: AgentItem): string[] {
  const skills = item.agent.spec?.declarative?.a2aConfig?.skills ?? [];
  return skills.flatMap((skill) => skill.examples ?? []).slice(0, 4);
}
