/** The agent card that the gateway shows: the agent's own words, at the gateway's address. */
import type { Agent, AgentCard } from '@kagent/spec';

export function publicCard(agent: Agent, baseUrl: string): AgentCard {
  const { name, namespace = 'default' } = agent.metadata;
  return {
    name: name.replaceAll('-', '_'),
    description: agent.spec?.description ?? '',
    url: `${baseUrl}/api/a2a/${namespace}/${name}/`,
    version: '',
    protocolVersion: '0.3.0',
    preferredTransport: 'JSONRPC',
    capabilities: { streaming: true, pushNotifications: false, stateTransitionHistory: true },
    defaultInputModes: ['text'],
    defaultOutputModes: ['text'],
    skills: (agent.spec?.declarative?.a2aConfig?.skills ?? []).map((skill) => ({
      ...skill,
      id: skill.id ?? skill.name,
      tags: skill.tags ?? [],
    })),
  };
}
